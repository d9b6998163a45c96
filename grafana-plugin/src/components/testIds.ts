/** Ids by which tests find what has no accessible name of its own. */
export const testIds = {
  changeForm: { startsAt: 'change-starts-at', endsAt: 'change-ends-at' },
  queryEditor: { root: 'ispvm-query-editor' },
};
