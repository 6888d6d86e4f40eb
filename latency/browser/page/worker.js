// Opens the page that runs the model: a service worker cannot start the threads of WebAssembly.
chrome.offscreen.createDocument({
  url: "page.html",
  reasons: ["WORKERS"],
  justification: "Runs a language model in threads of WebAssembly.",
});
