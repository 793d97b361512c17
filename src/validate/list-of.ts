const shownNames = 10;

/** Names for a message, sorted, and cut if there are many. */
export function listOf(names: Iterable<string>): string {
  const all = [...names].sort();
  const shown = all.slice(0, shownNames).join(", ");
  return all.length > shownNames ? `${shown} and ${all.length - shownNames} more` : shown;
}
