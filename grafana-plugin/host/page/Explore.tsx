import { useEffect, useState } from 'react';
import { lastValueFrom, from } from 'rxjs';
import {
  CoreApp,
  rangeUtil,
  type DataFrame,
  type DataSourceApi,
  type DataSourcePlugin,
  type DataQueryRequest,
} from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { Alert } from '@grafana/ui';
import { errorText } from '../../src/api/api';
import { FrameTable } from './FrameTable';
import { HostPage } from './Shell';

interface Props {
  datasource: DataSourcePlugin<DataSourceApi>;
  instance: DataSourceApi;
}

/** The query editor, and what its query answers. */
export function Explore({ datasource, instance }: Props) {
  const [query, setQuery] = useState<DataQuery>({ refId: 'A', ...instance.getDefaultQuery?.(CoreApp.Explore) });
  const [frames, setFrames] = useState<DataFrame[]>([]);
  const [error, setError] = useState<string>();
  const Editor = datasource.components.QueryEditor!;

  useEffect(() => {
    let current = true;
    run(instance, query).then(
      (answer) => current && (setFrames(answer), setError(undefined)),
      (failure) => current && setError(errorText(failure))
    );
    return () => {
      current = false;
    };
  }, [instance, query]);

  return (
    <HostPage title="Explore" subTitle="A query of the data source over the last week and the next.">
      <Editor datasource={instance} query={query} onChange={setQuery} onRunQuery={() => undefined} />
      {error && <Alert severity="error" title={error} />}
      <section aria-label="Answer">
        {frames.map((frame) => (
          <FrameTable key={frame.refId} frame={frame} />
        ))}
      </section>
    </HostPage>
  );
}

async function run(instance: DataSourceApi, query: DataQuery): Promise<DataFrame[]> {
  const range = rangeUtil.convertRawToRange({ from: 'now-7d', to: 'now+7d' });
  const request: DataQueryRequest = {
    app: CoreApp.Explore,
    requestId: 'explore',
    interval: '1m',
    intervalMs: 60_000,
    range,
    scopedVars: {},
    startTime: Date.now(),
    targets: [query],
    timezone: 'browser',
  };
  const { data, error } = await lastValueFrom(from(instance.query(request)));
  if (error) {
    throw new Error(error.message ?? error.data?.message ?? 'the query failed');
  }
  return data;
}
