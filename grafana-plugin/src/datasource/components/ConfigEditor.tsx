import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Field, FieldSet, Input, SecretInput, Switch } from '@grafana/ui';
import type { VisualMonitorSecrets, VisualMonitorSettings } from '../types';

type Props = DataSourcePluginOptionsEditorProps<VisualMonitorSettings, VisualMonitorSecrets>;

const WIDTH = 50;

/** Where the correlator is, and the token that it knows us by. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonData, secureJsonFields } = options;
  const setJson = (part: Partial<VisualMonitorSettings>) =>
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });

  return (
    <FieldSet label="Correlator">
      <Field label="URL" description="Where the correlator listens" required>
        <Input
          id="ispvm-url"
          width={WIDTH}
          value={options.url ?? ''}
          placeholder="https://correlator.example:9480"
          onChange={({ currentTarget }) => onOptionsChange({ ...options, url: currentTarget.value.trim() })}
        />
      </Field>
      <Field
        label="Token"
        description="Decides tenant and role: an operator's token lets editors plan changes, a viewer's does not"
        required
      >
        <SecretInput
          id="ispvm-token"
          width={WIDTH}
          isConfigured={Boolean(secureJsonFields?.token)}
          value={secureJsonData?.token ?? ''}
          onChange={({ currentTarget }) =>
            onOptionsChange({ ...options, secureJsonData: { ...secureJsonData, token: currentTarget.value } })
          }
          onReset={() =>
            onOptionsChange({
              ...options,
              secureJsonFields: { ...secureJsonFields, token: false },
              secureJsonData: { ...secureJsonData, token: '' },
            })
          }
        />
      </Field>
      <Field label="Tenant" description="Refuse to work when the token belongs to another tenant; empty to not check">
        <Input
          id="ispvm-tenant"
          width={WIDTH}
          value={jsonData.tenant ?? ''}
          onChange={({ currentTarget }) => setJson({ tenant: currentTarget.value.trim() })}
        />
      </Field>
      <Field label="Time-out" description="Seconds that one query may take">
        <Input
          id="ispvm-timeout"
          width={20}
          type="number"
          min={1}
          max={120}
          placeholder="10"
          value={jsonData.timeoutSeconds ?? ''}
          onChange={({ currentTarget }) =>
            setJson({ timeoutSeconds: currentTarget.value === '' ? undefined : Number(currentTarget.value) })
          }
        />
      </Field>
      <Field label="Skip TLS verification" description="Only for tests: anybody in between can then read the token">
        <Switch
          id="ispvm-tls-skip"
          value={jsonData.tlsSkipVerify ?? false}
          onChange={({ currentTarget }) => setJson({ tlsSkipVerify: currentTarget.checked })}
        />
      </Field>
    </FieldSet>
  );
}
