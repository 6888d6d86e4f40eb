import { onOffer, takeOffer } from "../settings.ts";
import { find } from "./find.ts";

/** The question whether an offered server is to be the one: `#offer`, `#offer-address`, `#accept-offer` and `#decline-offer`. */

/** What appears under a hand that is about to press can't be pressed for so long, in milliseconds. */
const LOOK_FIRST_MS = 1000;

/**
 * Asks whenever a page of this machine offers its server, and calls `offered` with where that is. `accept` connects, with the address and
 * the code filled in.
 */
export async function bringOffersToLife(accept: () => void, offered: (origin: string) => void): Promise<void> {
  const box = find("#offer", HTMLDivElement);
  const form = find("#pairing", HTMLFormElement);
  const yes = find("#accept-offer", HTMLButtonElement);

  const close = () => {
    box.hidden = true;
    form.hidden = false;
  };
  const ask = async () => {
    // It is taken out of where it was kept: a page that is loaded again does not ask again.
    const offer = await takeOffer();
    if (!offer) return;
    find("#offer-address", HTMLElement).textContent = offer.origin;
    find("#address", HTMLInputElement).value = offer.origin;
    find("#secret", HTMLInputElement).value = offer.code;
    form.hidden = true;
    box.hidden = false;
    box.focus();
    offered(offer.origin);
    yes.disabled = true;
    setTimeout(() => {
      yes.disabled = false;
    }, LOOK_FIRST_MS);
  };

  yes.addEventListener("click", () => {
    close();
    accept();
  });
  find("#decline-offer", HTMLButtonElement).addEventListener("click", () => {
    find("#secret", HTMLInputElement).value = "";
    close();
    find("#secret", HTMLInputElement).focus();
  });
  onOffer(ask);
  await ask();
}
