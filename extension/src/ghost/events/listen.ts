import type { Completer } from "../completer.ts";
import type { PageAccess } from "../page-access.ts";
import { Privacy } from "../privacy/privacy.ts";
import { type FocusReport, focusReport } from "./focus-state.ts";
import { FocusedField } from "./focused-field.ts";
import { Follower } from "./follower.ts";
import { listenToTyping } from "./typing.ts";

/**
 * Tells `completer` what happens on the page, until `signal` aborts. All events are captured on the window, on their way to the target: a
 * page that stops the propagation of its events does not stop it here.
 */
export function listen(
  completer: Completer,
  page: PageAccess,
  window: Window,
  signal: AbortSignal,
  except?: string,
): FocusReport {
  const { document } = window;
  const privacy = new Privacy(document, signal);
  const follower = new Follower(completer, window, signal);
  const focused = new FocusedField(completer, privacy, page, follower, signal, except);
  const enterActive = () => focused.enter(document.activeElement);
  const leave = () => focused.leave();
  const passive = { capture: true, passive: true, signal };

  window.addEventListener("focusin", (event) => focused.enter(event.composedPath()[0]), passive);
  window.addEventListener("focusout", leave, passive);
  window.addEventListener("pagehide", leave, passive);
  // A page that the user goes back to is shown with its focus, but causes no focus event.
  window.addEventListener("pageshow", enterActive, passive);
  window.addEventListener("scroll", follower.follow, passive);
  window.addEventListener("resize", follower.follow, passive);
  // A browser waits for these listeners before it prints.
  window.addEventListener("beforeprint", () => completer.hide(), passive);
  window.addEventListener("afterprint", follower.follow, passive);
  window.matchMedia("print").addEventListener("change", follower.follow, { signal });
  document.addEventListener("selectionchange", follower.followCaret, passive);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follower.follow, { signal });
  listenToTyping(completer, focused, follower, window, signal);
  signal.addEventListener("abort", leave, { once: true });
  enterActive();
  return focusReport(completer, privacy, page);
}
