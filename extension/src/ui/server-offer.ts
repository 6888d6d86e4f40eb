import { message } from "../i18n.ts";
import { DEFAULT_ADDRESS, isSameServer } from "../protocol/address.ts";
import { onServerOffer, readServer, takeServerOffer } from "../storage.ts";
import { findElement } from "./find-element.ts";

/**
 * The question whether to connect to an offered server, and which connection that would replace. It uses these elements of the page:
 * `#offer`, `#offer-address`, `#offer-replaces`, `#accept-offer`, `#decline-offer`, and the pairing form.
 */

/** The question may appear under the pointer during a press. So its button is disabled for this long, in milliseconds. */
const DISABLED_MS = 1000;

/**
 * Asks whenever a page of this machine offers its server. If the user agrees, it calls `connect`; by then the form contains the address and
 * the code. Until then nothing on the page says that the offered server is the user's.
 */
export async function setUpServerOffer(connect: () => void): Promise<void> {
  const box = findElement("#offer", HTMLDivElement);
  const form = findElement("#pairing", HTMLFormElement);
  const accept = findElement("#accept-offer", HTMLButtonElement);

  /** Whether the form was hidden before the question. */
  let isFormHidden = false;

  const close = () => {
    box.hidden = true;
    form.hidden = isFormHidden;
  };
  const ask = async () => {
    // The offer is removed from the storage, so that a reloaded page does not ask again.
    const offer = await takeServerOffer();
    if (!offer) return;
    const now = (await readServer())?.origin ?? null;
    const replaces = findElement("#offer-replaces", HTMLElement);
    replaces.hidden = now === null || isSameServer(now, offer.origin);
    replaces.textContent = now === null ? "" : message("offer_replaces", now);
    findElement("#offer-address", HTMLElement).textContent = offer.origin;
    findElement("#address", HTMLInputElement).value = offer.origin;
    findElement("#secret", HTMLInputElement).value = offer.code;
    // Another offer may come while the question is open.
    if (box.hidden) isFormHidden = form.hidden;
    form.hidden = true;
    box.hidden = false;
    box.focus();
    accept.disabled = true;
    setTimeout(() => {
      accept.disabled = false;
    }, DISABLED_MS);
  };

  accept.addEventListener("click", () => {
    close();
    connect();
  });
  findElement("#decline-offer", HTMLButtonElement).addEventListener("click", async () => {
    findElement("#secret", HTMLInputElement).value = "";
    findElement("#address", HTMLInputElement).value = (await readServer())?.origin ?? DEFAULT_ADDRESS;
    close();
    if (!isFormHidden) findElement("#secret", HTMLInputElement).focus();
  });
  onServerOffer(ask);
  await ask();
}
