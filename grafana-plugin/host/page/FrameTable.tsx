import { css } from '@emotion/css';
import {
  FieldType,
  getDisplayProcessor,
  textUtil,
  type DataFrame,
  type GrafanaTheme2,
  type Field,
} from '@grafana/data';
import { config } from '@grafana/runtime';
import { Alert, useStyles2 } from '@grafana/ui';

interface Props {
  frame: DataFrame;
  /** Fields that hold HTML, shown as Grafana's tooltip does: sanitised. */
  html?: string[];
  /** Fields that hold times as numbers. */
  times?: string[];
  hide?: string[];
}

/** A data frame, row by row: Grafana's own panels are not published. */
export function FrameTable({ frame, html = [], times = [], hide = [] }: Props) {
  const styles = useStyles2(getStyles);
  const fields = frame.fields
    .filter(({ name }) => !hide.includes(name))
    .map((field) => (times.includes(field.name) ? { ...field, type: FieldType.time } : field));
  return (
    <>
      {(frame.meta?.notices ?? []).map(({ text }) => (
        <Alert key={text} severity="warning" title={text} />
      ))}
      <table className={styles.table}>
        <thead>
          <tr>
            {fields.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: frame.length }, (_, row) => (
            <tr key={row}>
              {fields.map((field) =>
                html.includes(field.name) ? (
                  <td
                    key={field.name}
                    dangerouslySetInnerHTML={{ __html: textUtil.sanitize(String(field.values[row])) }}
                  />
                ) : (
                  <td key={field.name}>{display(field, row)}</td>
                )
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function display(field: Field, row: number): string {
  const value = field.values[row];
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'object') {
    return JSON.stringify(value);
  }
  const { text, suffix = '' } = getDisplayProcessor({ field, theme: config.theme2 })(value);
  return text + suffix;
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    'th, td': {
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      fontSize: theme.typography.bodySmall.fontSize,
      padding: theme.spacing(0.5, 1),
      textAlign: 'left',
      verticalAlign: 'top',
    },
    a: { color: theme.colors.text.link },
  }),
});
