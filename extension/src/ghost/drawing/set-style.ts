/** The values that were set last. They can't be read from the element: the browser returns lengths and colours in another notation. */
const lastValues = new WeakMap<HTMLElement, Map<string, string>>();

/** Sets only the properties whose value has changed: an unchanged style needs no layout. */
export function setStyle(element: HTMLElement, values: Readonly<Record<string, string>>): void {
  const last = lastValues.get(element) ?? new Map<string, string>();
  lastValues.set(element, last);
  for (const name in values) {
    const value = values[name] as string;
    if (last.get(name) === value) continue;
    last.set(name, value);
    element.style.setProperty(name, value);
  }
}
