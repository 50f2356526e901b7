/** Filters of one name are alternatives; those of different names all have to match. */
export function matchesFilters<F extends { readonly Name: string | undefined }>(
  filters: readonly F[],
  matches: (filter: F) => boolean,
): boolean {
  const names = new Set(filters.map(({ Name }) => Name));
  return [...names].every((name) => filters.some((filter) => filter.Name === name && matches(filter)));
}
