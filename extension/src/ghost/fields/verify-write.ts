/**
 * Whether `find` finds the inserted text, or the user pressed a key or the mouse during the search. Such an event may change the text
 * before the editor has drawn it, as Ctrl-Z right after an accepted word does. The write then counts as successful.
 */
export async function foundOrDisturbed(find: () => Promise<boolean>): Promise<boolean> {
  let disturbed = false;
  const listening = new AbortController();
  const disturb = (event: Event) => {
    disturbed ||= event.isTrusted;
  };
  for (const type of ["keydown", "pointerdown"])
    window.addEventListener(type, disturb, { capture: true, signal: listening.signal });
  try {
    return (await find()) || disturbed;
  } finally {
    listening.abort();
  }
}
