/** Ids by which tests find what has no accessible name of its own. */
export const testIds = {
  queryEditor: { root: 'ispvm-query-editor' },
};
