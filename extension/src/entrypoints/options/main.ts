import { bringPairingToLife } from "../../look/pairing-form.ts";

await bringPairingToLife();
