import type { Amount } from "../preferences.ts";
import { AMOUNT_NAMES, AMOUNT_VALUES, type AmountName, LIKE_OTHER_SITES, valueName } from "./amount-names.ts";

/** One row for each thing that can be chosen about how much is suggested: its name and a list of its values. */
export class AmountRows {
  readonly #lists = new Map<AmountName, HTMLSelectElement>();

  /**
   * Adds the rows to `container`. `ofSite`: each list begins with the choice of the other sites. `changed` gets all choices after each
   * change.
   */
  constructor(container: HTMLElement, ofSite: boolean, changed: (chosen: Partial<Amount>) => void) {
    for (const name of Object.keys(AMOUNT_NAMES) as AmountName[]) {
      const list = listOf(name, ofSite);
      list.id = `amount-${name}`;
      list.addEventListener("change", () => changed(this.#chosen()));
      const label = document.createElement("label");
      label.htmlFor = list.id;
      label.textContent = AMOUNT_NAMES[name];
      const row = document.createElement("div");
      row.className = "row amount";
      row.append(label, list);
      container.append(row);
      this.#lists.set(name, list);
    }
  }

  show(chosen: Partial<Amount>): void {
    for (const [name, list] of this.#lists) list.value = String(chosen[name] ?? "");
  }

  #chosen(): Partial<Amount> {
    const entries = [...this.#lists].map(([name, list]) => {
      const values: readonly Amount[AmountName][] = AMOUNT_VALUES[name];
      return [name, values.find((value) => String(value) === list.value)] as const;
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
}

function listOf(name: AmountName, ofSite: boolean): HTMLSelectElement {
  const list = document.createElement("select");
  const values: readonly Amount[AmountName][] = AMOUNT_VALUES[name];
  const options = values.map((value) => new Option(valueName(name, value as never), String(value)));
  list.append(...(ofSite ? [new Option(LIKE_OTHER_SITES, "")] : []), ...options);
  return list;
}
