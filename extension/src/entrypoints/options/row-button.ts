/** A button in a row of a list. `label` tells screen readers what it does, with the name of the row. */
export function rowButton(
  text: string,
  label: string,
  press: (button: HTMLButtonElement) => unknown,
): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", () => press(made));
  return made;
}
