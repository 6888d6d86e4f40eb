import { newNonce, readToServerPage, type ToExtension } from "../src/protocol/connect.ts";
import { find, write } from "./dom.ts";
import { codeForExtension, keptToken } from "./token.ts";

/** The part of the page that connects the extension: how to install it where none answers, and a button where one does. */

const tell = (message: ToExtension) => window.postMessage(message, location.origin);

export function lookForExtension(): void {
  const button = find("#connect-extension", HTMLButtonElement);
  let nonce = "";
  const ask = () => {
    nonce = newNonce();
    tell({ foretype: "is-it-there", nonce });
  };
  window.addEventListener("message", ({ source, data }) => {
    const answer = source === window ? readToServerPage(data) : null;
    if (answer?.nonce === nonce) show(answer.connected);
  });
  button.addEventListener("click", async () => {
    const token = keptToken();
    if (!token) {
      write("#connect-state", "Pair this page first: enter a pairing code above.");
      return find("#code", HTMLInputElement).focus();
    }
    const code = await codeForExtension(token);
    if (code === null) return write("#connect-state", "The server gave no pairing code. Print one with: foretype pair");
    write("#connect-state", "The extension has opened a page. Confirm the connection there.");
    tell({ foretype: "connect", nonce, code });
  });
  // Who comes back may have installed it, or connected it.
  window.addEventListener("focus", ask);
  ask();
}

function show(connected: boolean): void {
  find("#install", HTMLElement).hidden = true;
  find("#connect", HTMLElement).hidden = false;
  find("#connect-extension", HTMLButtonElement).hidden = connected;
  write(
    "#connect-state",
    connected
      ? "The extension in this browser is connected to this server."
      : "The extension in this browser is not connected to this server yet.",
  );
}
