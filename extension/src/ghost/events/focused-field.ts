import type { Completer } from "../completer.ts";
import { shadowRootsAround } from "../fields/ancestors.ts";
import { fieldAt } from "../fields/field-at.ts";
import type { PageAccess } from "../page-access.ts";
import type { Privacy } from "../privacy/privacy.ts";
import type { Follower } from "./follower.ts";

/** The field that has the focus, with the listeners that are needed only while it has the focus. */
export class FocusedField {
  readonly #completer: Completer;
  readonly #privacy: Privacy;
  readonly #page: PageAccess;
  readonly #follower: Follower;
  readonly #signal: AbortSignal;
  /** There are no suggestions inside of elements that match this selector. */
  readonly #except: string | undefined;
  readonly #resizes: ResizeObserver;
  #focus = new AbortController();
  /** The targets that events from the field show on the window: the field itself, or the hosts of the shadow trees around it. */
  #targets: ReadonlySet<EventTarget> = new Set();

  constructor(
    completer: Completer,
    privacy: Privacy,
    page: PageAccess,
    follower: Follower,
    signal: AbortSignal,
    except: string | undefined,
  ) {
    this.#completer = completer;
    this.#privacy = privacy;
    this.#page = page;
    this.#follower = follower;
    this.#signal = signal;
    this.#except = except;
    this.#resizes = new ResizeObserver(follower.follow);
  }

  /** Whether the event comes from the field. */
  isSourceOf(event: Event): boolean {
    return this.#targets.has(event.composedPath()[0] as EventTarget);
  }

  enter(target: EventTarget | null | undefined): void {
    const field = fieldAt(target, this.#privacy, this.#page);
    if (!field || (this.#except && field.element.closest(this.#except))) return this.leave();
    if (field.element === this.#completer.element) return;
    this.leave();
    this.#completer.enter(field);
    // Entering sends a message. From this the client may learn that the extension was removed, and abort.
    if (this.#signal.aborted) return;
    this.#resizes.observe(field.element, { box: "border-box" });
    const roots = shadowRootsAround(field.element);
    this.#targets = new Set([field.element, ...roots.map(({ host }) => host)]);
    this.#focus = new AbortController();
    const listener = {
      changed: () => this.#completer.changed(),
      composing: (is: boolean) => this.#completer.compose(is),
    };
    field.watch?.(listener, this.#focus.signal);
    for (const root of roots) {
      this.#privacy.watch(root);
      this.#listenInside(root);
    }
  }

  leave(): void {
    this.#focus.abort();
    this.#targets = new Set();
    this.#resizes.disconnect();
    this.#completer.leave();
  }

  /** Events that do not leave a shadow tree: focus that moves inside of it, scrolling, carets. */
  #listenInside(root: ShadowRoot): void {
    const options = { capture: true, passive: true, signal: this.#focus.signal };
    root.addEventListener("focusin", (event) => this.enter(event.target), options);
    root.addEventListener("focusout", () => this.leave(), options);
    root.addEventListener("scroll", this.#follower.follow, options);
    root.addEventListener("selectionchange", this.#follower.followCaret, options);
  }
}
