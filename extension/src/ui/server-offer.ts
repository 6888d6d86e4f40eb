import { onServerOffer, takeServerOffer } from "../storage.ts";
import { findElement } from "./find-element.ts";

/**
 * The question whether to connect to an offered server. It uses these elements of the page: `#offer`, `#offer-address`, `#accept-offer`,
 * `#decline-offer`, and the pairing form.
 */

/** The question may appear under the pointer during a press. So its button is disabled for this long, in milliseconds. */
const DISABLED_MS = 1000;

/**
 * Asks whenever a page of this machine offers its server, and calls `offered` with the server's origin. If the user agrees, it calls
 * `connect`; by then the form contains the address and the code.
 */
export async function setUpServerOffer(connect: () => void, offered: (origin: string) => void): Promise<void> {
  const box = findElement("#offer", HTMLDivElement);
  const form = findElement("#pairing", HTMLFormElement);
  const accept = findElement("#accept-offer", HTMLButtonElement);

  const close = () => {
    box.hidden = true;
    form.hidden = false;
  };
  const ask = async () => {
    // The offer is removed from the storage, so that a reloaded page does not ask again.
    const offer = await takeServerOffer();
    if (!offer) return;
    findElement("#offer-address", HTMLElement).textContent = offer.origin;
    findElement("#address", HTMLInputElement).value = offer.origin;
    findElement("#secret", HTMLInputElement).value = offer.code;
    form.hidden = true;
    box.hidden = false;
    box.focus();
    offered(offer.origin);
    accept.disabled = true;
    setTimeout(() => {
      accept.disabled = false;
    }, DISABLED_MS);
  };

  accept.addEventListener("click", () => {
    close();
    connect();
  });
  findElement("#decline-offer", HTMLButtonElement).addEventListener("click", () => {
    findElement("#secret", HTMLInputElement).value = "";
    close();
    findElement("#secret", HTMLInputElement).focus();
  });
  onServerOffer(ask);
  await ask();
}
