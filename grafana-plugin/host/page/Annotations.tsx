import { css } from '@emotion/css';
import { useEffect, useMemo, useState } from 'react';
import type { DataFrame } from '@grafana/data';
import { EmbeddedScene, SceneDataLayerSet, SceneFlexLayout, SceneTimeRange, dataLayers } from '@grafana/scenes';
import { Text, useStyles2 } from '@grafana/ui';
import { DATASOURCE_ID } from '../../src/constants';
import type { VisualMonitorQuery } from '../../src/datasource/types';
import { DATASOURCE_UID } from './boot';
import { FrameTable } from './FrameTable';
import { HostPage } from './Shell';

const LAYERS: Array<{ subject: VisualMonitorQuery['subject']; name: string; color: string }> = [
  { subject: 'change', name: 'Changes', color: 'blue' },
  { subject: 'config_change', name: 'Config changes', color: 'orange' },
  { subject: 'incident', name: 'Incidents', color: 'red' },
];

/** One annotation layer a class, as a dashboard would have them, and the frames that scenes make of them. */
export function Annotations() {
  const styles = useStyles2(() => ({ layer: css({ overflowX: 'auto' }) }));
  const layers = useMemo(() => LAYERS.map(createLayer), []);
  const frames = useLayerFrames(layers);
  return (
    <HostPage title="Annotations" subTitle="What the annotation layers of a dashboard receive.">
      {LAYERS.map(({ name, subject }, i) => (
        <section key={name} className={styles.layer} aria-label={`Layer ${name}`} data-subject={subject}>
          <Text element="h3">{name}</Text>
          {frames[i] ? (
            <FrameTable frame={frames[i]} html={['title', 'text']} times={['timeEnd']} hide={['source', 'type']} />
          ) : (
            <Text>Loading…</Text>
          )}
        </section>
      ))}
    </HostPage>
  );
}

function createLayer({ subject, name, color }: (typeof LAYERS)[number]) {
  return new dataLayers.AnnotationsDataLayer({
    name,
    query: {
      name,
      enable: true,
      iconColor: color,
      datasource: { type: DATASOURCE_ID, uid: DATASOURCE_UID },
      // The annotation's own query, as the editor of a dashboard writes it.
      target: { refId: name, queryType: 'annotations', subject } as VisualMonitorQuery,
    },
  });
}

function useLayerFrames(layers: Array<ReturnType<typeof createLayer>>): DataFrame[] {
  const [frames, setFrames] = useState<DataFrame[]>([]);
  useEffect(() => {
    const scene = new EmbeddedScene({
      $timeRange: new SceneTimeRange({ from: 'now-7d', to: 'now+7d' }),
      $data: new SceneDataLayerSet({ layers }),
      body: new SceneFlexLayout({ children: [] }),
    });
    const subscriptions = layers.map((layer, i) =>
      layer.getResultsStream().subscribe(({ data }) => {
        setFrames((before) => Object.assign([...before], { [i]: data.series[0] }));
      })
    );
    const deactivate = scene.activate();
    return () => {
      subscriptions.forEach((subscription) => subscription.unsubscribe());
      deactivate();
    };
  }, [layers]);
  return frames;
}
