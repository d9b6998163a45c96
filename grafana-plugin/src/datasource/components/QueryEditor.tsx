import { useId, useMemo } from 'react';
import { useAsync } from 'react-use';
import type { QueryEditorProps, SelectableValue } from '@grafana/data';
import {
  Combobox,
  InlineField,
  InlineSwitch,
  Input,
  MultiCombobox,
  RadioButtonGroup,
  Stack,
  type ComboboxOption,
} from '@grafana/ui';
import { useInventoryOptions } from '../../components/useInventoryOptions';
import { testIds } from '../../components/testIds';
import type { VisualMonitorDataSource } from '../datasource';
import {
  DEFAULT_QUERY,
  statusesOf,
  subjectsOf,
  type QueryType,
  type Subject,
  type VisualMonitorQuery,
  type VisualMonitorSettings,
} from '../types';

type Props = QueryEditorProps<VisualMonitorDataSource, VisualMonitorQuery, VisualMonitorSettings>;

const TYPES: Array<SelectableValue<QueryType>> = [
  { value: 'table', label: 'Table', description: 'Rows, for Explore and table panels' },
  { value: 'count', label: 'Count', description: 'One number, for stat panels and alerting' },
  { value: 'annotations', label: 'Annotations', description: 'Regions over a dashboard' },
];

const LABEL_WIDTH = 18;

/** What to ask, of what, and for whom. A change of the query runs it. */
export function QueryEditor({ datasource, query, onChange, onRunQuery }: Props) {
  const asked: VisualMonitorQuery = { ...DEFAULT_QUERY, ...query };
  const type = asked.queryType ?? 'table';
  // Without an inventory a name can still be typed.
  const inventory = useAsync(() => datasource.listDevices(), [datasource]);
  const options = useInventoryOptions(useMemo(() => inventory.value ?? [], [inventory.value]));
  const set = (part: Partial<VisualMonitorQuery>) => {
    onChange({ ...asked, ...part });
    onRunQuery();
  };
  const setType = (queryType: QueryType) => {
    const allowed = subjectsOf(queryType).some(({ value }) => value === asked.subject);
    set({ queryType, subject: allowed ? asked.subject : 'change' });
  };

  return (
    <div data-testid={testIds.queryEditor.root}>
      <Stack direction="column" gap={0.5}>
        <InlineField label="Show" labelWidth={LABEL_WIDTH}>
          <RadioButtonGroup options={TYPES} value={type} onChange={setType} />
        </InlineField>
        <InlineField label="About" labelWidth={LABEL_WIDTH}>
          <Combobox<Subject>
            aria-label="What the query is about"
            options={subjectsOf(type)}
            value={asked.subject}
            onChange={({ value }) => set({ subject: value, statuses: [] })}
            width={40}
          />
        </InlineField>
        <Names label="Sites" names={asked.sites} options={options.sites} onChange={(sites) => set({ sites })} />
        <Names
          label="Devices"
          names={asked.devices}
          options={options.devices}
          onChange={(devices) => set({ devices })}
        />
        {asked.subject === 'config_change' && (
          <>
            <Names
              label="Categories"
              names={asked.categories}
              options={[]}
              onChange={(categories) => set({ categories })}
            />
            {type !== 'annotations' && (
              <InlineField label="Unplanned only" labelWidth={LABEL_WIDTH}>
                <InlineSwitch
                  aria-label="Only unplanned config changes"
                  value={asked.unplannedOnly ?? false}
                  onChange={({ currentTarget }) => set({ unplannedOnly: currentTarget.checked })}
                />
              </InlineField>
            )}
          </>
        )}
        {type !== 'annotations' && statusesOf(asked.subject).length > 0 && (
          <Names
            label="Status"
            names={asked.statuses}
            options={statusesOf(asked.subject).map((value) => ({ value, label: value }))}
            onChange={(statuses) => set({ statuses })}
          />
        )}
        {type !== 'count' && (
          <InlineField label="Limit" labelWidth={LABEL_WIDTH} tooltip="The answer says when there were more">
            <Input
              aria-label="Limit"
              type="number"
              min={1}
              width={16}
              placeholder={type === 'annotations' ? '500' : '1000'}
              defaultValue={asked.limit}
              onBlur={({ currentTarget }) => set({ limit: Number(currentTarget.value) || undefined })}
            />
          </InlineField>
        )}
      </Stack>
    </div>
  );
}

interface NamesProps {
  label: string;
  names?: string[];
  options: Array<ComboboxOption<string>>;
  onChange: (names: string[]) => void;
}

/** Several names; a dashboard variable such as $device may be entered as well. */
function Names({ label, names, options, onChange }: NamesProps) {
  const id = useId();
  return (
    <InlineField label={label} labelWidth={LABEL_WIDTH}>
      <MultiCombobox
        id={id}
        options={options}
        value={names ?? []}
        onChange={(chosen) => onChange(chosen.map(({ value }) => value))}
        placeholder="All"
        createCustomValue
        width={40}
      />
    </InlineField>
  );
}
