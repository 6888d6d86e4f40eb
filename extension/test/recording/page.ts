/** A mail that is being written, large enough for a README. The pressed keys that are no letters are shown below it. */
export const PAGE = `<meta name="color-scheme" content="light">
<style>
  body { margin: 0; padding: 22px 28px; font: 15px/1.5 "Liberation Sans", sans-serif; background: #eef0f4; color: #1e1c19 }
  .window { box-sizing: border-box; width: 704px; height: 336px; border-radius: 12px; background: #fff; box-shadow: 0 8px 30px #2028401f, 0 1px 3px #20284029; overflow: hidden }
  .bar { padding: 10px 20px; background: #f2f4f8; font-weight: 600; font-size: 14px }
  .line { margin: 0 20px; padding: 9px 0; border-bottom: 1px solid #e6e8ee; color: #5d636f; font-size: 14px }
  .line b { font-weight: 400; color: #1e1c19 }
  #body { box-sizing: border-box; height: 220px; padding: 16px 20px; outline: none; font: 19px/1.6 "Liberation Sans", sans-serif }
  .keys { display: flex; align-items: center; gap: 10px; height: 36px; margin-top: 14px; font-size: 15px; color: #5d636f }
  kbd { box-sizing: border-box; min-width: 46px; padding: 3px 12px; border: 1px solid #c9cedb; border-bottom-width: 3px; border-radius: 8px; background: #fff; color: #1e1c19; font: 600 15px "Liberation Sans", sans-serif; text-align: center }
</style>
<div class="window">
  <div class="bar">New message</div>
  <div class="line">To <b>Maria Jensen</b></div>
  <div id="body" contenteditable="true" role="textbox" aria-label="Message" spellcheck="false"></div>
</div>
<div class="keys" id="keys"></div>`;
