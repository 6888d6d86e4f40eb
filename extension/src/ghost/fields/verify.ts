/**
 * Whether what was written is found, or else whether a key or a press came while it was looked for: one that came sooner than the editor
 * has drawn the text may have changed it since, as Ctrl-Z right after a word does. Then the editor's word is taken for it.
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
