import { newNonce, readToServerPage, type ToExtension } from "../src/protocol/server-page-messages.ts";
import { findElement } from "../src/ui/find-element.ts";
import { write } from "./dom.ts";
import { codeForExtension, keptToken } from "./token.ts";

/** The part of the page that connects the extension: a button if the extension answers, otherwise how to install it. */

const tell = (message: ToExtension) => window.postMessage(message, location.origin);

/** `connection`: of this page. The token is sent only while the server has just proved that it knows it. */
export function lookForExtension(connection: { readonly isReady: boolean }): void {
  const button = findElement("#connect-extension", HTMLButtonElement);
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
      return findElement("#code", HTMLInputElement).focus();
    }
    const code = connection.isReady ? await codeForExtension(token) : null;
    if (code === null)
      return write("#connect-state", "The server did not return a pairing code. Print one with: foretype pair");
    write("#connect-state", "The extension has opened a page. Confirm the connection there.");
    tell({ foretype: "connect", nonce, code });
  });
  // When the user comes back to this page, the extension may have been installed or connected.
  window.addEventListener("focus", ask);
  ask();
}

function show(connected: boolean): void {
  findElement("#install", HTMLElement).hidden = true;
  findElement("#connect", HTMLElement).hidden = false;
  findElement("#connect-extension", HTMLButtonElement).hidden = connected;
  write(
    "#connect-state",
    connected
      ? "The extension in this browser is connected to this server."
      : "The extension in this browser is not connected to this server yet.",
  );
}
