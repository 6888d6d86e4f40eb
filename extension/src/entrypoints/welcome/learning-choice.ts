import {
  changePreferences,
  onStorageChange,
  readPreferences,
  wasAskedToLearn,
  writeAskedToLearn,
} from "../../storage.ts";
import { findElement } from "../../ui/find-element.ts";

/** The question whether the server may learn the user's words: `#learn-yes` and `#learn-no`. Until the user answers, nothing is learnt. */

/** Adds the behaviour of the choice, and calls `changed` with whether the user has answered, now and after each change. */
export async function setUpLearningChoice(changed: (hasAnswered: boolean) => void): Promise<void> {
  const yes = findElement("#learn-yes", HTMLButtonElement);
  const no = findElement("#learn-no", HTMLButtonElement);

  const show = async (): Promise<void> => {
    const [{ learnWords }, wasAsked] = await Promise.all([readPreferences(), wasAskedToLearn()]);
    yes.ariaPressed = String(learnWords);
    no.ariaPressed = String(wasAsked && !learnWords);
    changed(wasAsked || learnWords);
  };
  const choose = async (learnWords: boolean): Promise<void> => {
    await writeAskedToLearn();
    await changePreferences((now) => ({ ...now, learnWords }));
    await show();
  };

  yes.addEventListener("click", () => choose(true));
  no.addEventListener("click", () => choose(false));
  // The options page may also change it.
  onStorageChange({ preferences: () => void show() });
  await show();
}
