/** The text, in which a command between two backticks becomes an element. */
export function textWithCommands(text: string): (string | HTMLElement)[] {
  const parts = text.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    const command = document.createElement("code");
    command.textContent = part;
    return command;
  });
  return parts.filter((part) => part !== "");
}
