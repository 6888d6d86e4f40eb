import { setUpPairingForm } from "../../ui/pairing-form.ts";

await setUpPairingForm();
