import { defineConfig } from "wxt";
import { EVERYWHERE, THIS_MACHINE } from "./src/sites.ts";

// The public key that determines the extension's id (ijfnigekiijgjonokmjdlocconcionjf). The server trusts that origin.
const KEY =
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuYubzFhZs0v/mKNAf2oGtD0rzoCC1Wd1uF1h6lG2U59E1TJjx5ExVaSAySbvMoCp3CBGQa/+5pCTb+3Jd428mp1FF74FmSKAEZtAom0Xv/9rFqjhupywTRH5RONdG68mUBVROt9eyDa03crDyC2eTu7ap3SthJxTF2NlxC+r8TMGZtgwhl//q4PSEj/G9vBA/LBLgh6+evU0L7IITIjEJ14a+8LrBxjYtMsRgwpeK+RYBloiWqJE45PDa/PpajY5ocsCWinQFB51cYKMeLqCTeE+r82Mcp1oc6gaOgxO1uNC+L2u3XukrcB8ezIxbvVSTL/R/rkTQdKtfo0sjMUKHQIDAQAB";

/** Firefox requires a declaration of all data that leaves the browser, even to a server on the same machine. 142 is the first version that knows the declaration on all systems. */
const GECKO = {
  id: "foretype@foretype.invalid",
  strict_min_version: "142.0",
  data_collection_permissions: { required: ["websiteContent", "personalCommunications"] },
};

export default defineConfig({
  srcDir: "src",
  manifestVersion: 3,
  imports: false,
  // The sources for Mozilla's reviewers, without tests. SOURCES.md describes how to build them, and `npm run check:sources` does it.
  zip: {
    excludeSources: ["test/**", "test-results/**", "playground/**", "store/**", "{playwright,vitest*}.config.ts"],
  },
  manifest: ({ browser }) => ({
    name: "Foretype",
    description: "__MSG_description__",
    default_locale: "en",
    minimum_chrome_version: "120",
    ...(browser === "chrome" ? { key: KEY } : {}),
    ...(browser === "firefox" ? { browser_specific_settings: { gecko: GECKO } } : {}),
    // PERMISSIONS.md explains each of them. The optional hosts are requested one by one, or all together, when the user chooses it.
    permissions: ["storage", "scripting", "activeTab"],
    optional_permissions: ["clipboardRead"],
    host_permissions: [...THIS_MACHINE],
    optional_host_permissions: [...EVERYWHERE],
    action: { default_title: "Foretype" },
    content_security_policy: {
      extension_pages:
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src http: https: ws: wss:; base-uri 'none'; form-action 'none'",
    },
  }),
});
