import { language, LANGUAGES, setLanguage, t, type Language } from "../language";
import { Select } from "../ui/field";
import { Toasts } from "../ui/toast";
import { ButtonSamples, ChoiceSamples } from "./controls";
import { FormSamples } from "./forms";
import { ListSamples, StateSamples, SurfaceSamples } from "./surfaces";
import { TokenSamples } from "./tokens";

/** All components, each in its states. */
export const Kit = () => (
  <>
    <main class="page">
      <div class="row between">
        <h1>Components</h1>
        <Select
          label={t.app.language} value={language} onChoose={(language) => setLanguage(language as Language)}
          options={Object.entries(LANGUAGES)}
        />
      </div>
      <TokenSamples />
      <ButtonSamples />
      <ChoiceSamples />
      <FormSamples />
      <SurfaceSamples />
      <ListSamples />
      <StateSamples />
    </main>
    <Toasts />
  </>
);
