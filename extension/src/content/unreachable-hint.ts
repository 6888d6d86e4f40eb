import { START_SERVER } from "../commands.ts";
import { isEdited } from "../ghost/fields/edited-document.ts";
import type { FocusReport } from "../ghost/index.ts";
import { message } from "../i18n.ts";
import { textWithCommands } from "../text-with-commands.ts";
import type { WorkerClient } from "./worker-client.ts";

/**
 * Shows once, beside the field with the focus, that the server is unreachable. The hint takes no focus and no key. It does not cover the
 * field if there is room outside of the field. It disappears when the field loses the focus, when an answer arrives, on Escape, or by its
 * button. While the field has the focus, the hint is only hidden: if it were removed, Chromium would end the field's undo step
 * (findings/undo-steps-end-at-removals.sh).
 */

/**
 * Screen readers announce a change of a live region, but not the text that it has when it is added. So the text is set this many
 * milliseconds later.
 */
const ANNOUNCED_AFTER_MS = 100;
const GAP_PX = 6;

export function showHints(client: WorkerClient, focusReport: FocusReport, signal: AbortSignal): void {
  let shown: Hint | null = null;
  const hide = () => shown?.hide();
  const remove = () => {
    shown?.remove();
    shown = null;
  };
  client.onHint((isLocal) => {
    const field = document.activeElement;
    if (shown?.isSeen || !(field instanceof HTMLElement) || focusReport() !== "field" || isEdited(document)) return;
    remove();
    shown = new Hint(field, isLocal, hide);
    client.hinted();
  });
  client.onAnswered(hide);
  const on = (type: string, hear: (event: Event) => void) =>
    window.addEventListener(type, hear, { capture: true, passive: true, signal });
  on("focusout", remove);
  on("pagehide", remove);
  on("keydown", (event) => (event as KeyboardEvent).key === "Escape" && hide());
  on("scroll", () => shown?.moveToField());
  on("resize", () => shown?.moveToField());
  signal.addEventListener("abort", remove, { once: true });
}

const LIGHT = { paper: "#ffffff", ink: "#1d1e21", line: "#c9c6be" };
const DARK = { paper: "#26282d", ink: "#ecebe7", line: "#4a4e56" };

class Hint {
  readonly #host = document.createElement("div");
  readonly #field: HTMLElement;
  isSeen = true;

  constructor(field: HTMLElement, isLocal: boolean, dismiss: () => void) {
    this.#field = field;
    const { paper, ink, line } = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
    style(this.#host, {
      all: "initial",
      position: "fixed",
      inset: "auto",
      margin: "0",
      padding: "6px 6px 6px 12px",
      border: `1px solid ${line}`,
      "border-radius": "10px",
      background: paper,
      color: ink,
      "box-shadow": "0 2px 8px rgb(0 0 0 / 0.16)",
      font: "13px/1.5 system-ui, sans-serif",
      "box-sizing": "border-box",
      width: "max-content",
      "max-width": `calc(100vw - ${2 * GAP_PX}px)`,
      "z-index": "2147483647",
    });
    const region = document.createElement("span");
    region.setAttribute("role", "status");
    region.lang = message("language");
    region.dir = message("direction");
    const row = document.createElement("div");
    style(row, { display: "flex", "align-items": "center", gap: "8px" });
    row.append(region, dismissButton(dismiss, ink));
    this.#host.attachShadow({ mode: "closed" }).append(row);
    this.#host.setAttribute("popover", "manual");
    document.documentElement.append(this.#host);
    // In the top layer, so that it is over a dialog that contains the field.
    this.#host.showPopover();
    setTimeout(() => {
      region.append(...messageFor(isLocal));
      this.moveToField();
    }, ANNOUNCED_AFTER_MS);
    this.moveToField();
  }

  /** Below the field at its right edge; above it if there is no room below; otherwise in the corner of the window. */
  moveToField(): void {
    if (!this.isSeen) return;
    const field = this.#field.getBoundingClientRect();
    const { width, height } = this.#host.getBoundingClientRect();
    const left = Math.max(GAP_PX, Math.min(field.right, innerWidth - GAP_PX) - width);
    const under = field.bottom + GAP_PX;
    const over = field.top - GAP_PX - height;
    const corner = innerHeight - GAP_PX - height;
    const top = under <= corner ? under : over >= 0 ? over : corner;
    style(this.#host, { left: `${left}px`, top: `${Math.max(0, top)}px` });
  }

  hide(): void {
    if (!this.isSeen) return;
    this.isSeen = false;
    style(this.#host, { display: "none" });
  }

  remove(): void {
    this.#host.remove();
  }
}

/** `isLocal`: the server is on this machine, so the user can start it by a command. */
function messageFor(isLocal: boolean): (string | Node)[] {
  const parts = textWithCommands(message(isLocal ? "hint_lost_here" : "hint_lost", START_SERVER));
  for (const part of parts)
    if (typeof part !== "string")
      style(part, { font: "12px ui-monospace, monospace", "white-space": "nowrap", "user-select": "all" });
  return parts;
}

/** Tab skips the button, because leaving the field removes the hint anyway. */
function dismissButton(dismiss: () => void, ink: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.ariaLabel = message("dismiss_hint");
  button.textContent = "×";
  style(button, {
    all: "unset",
    width: "24px",
    height: "24px",
    flex: "none",
    "border-radius": "6px",
    color: ink,
    font: "18px/24px system-ui, sans-serif",
    "text-align": "center",
    cursor: "pointer",
  });
  // The field keeps the focus.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", (event) => event.isTrusted && dismiss());
  return button;
}

/** Sets each property as important: the page's policy may forbid style sheets, and the page's own styles must not apply. */
function style(element: HTMLElement, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value, "important");
}
