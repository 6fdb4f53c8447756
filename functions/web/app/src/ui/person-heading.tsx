import type { ComponentChildren } from "preact";
import { Avatar } from "./avatar";

/** The heading of a person's page. `about` says who the person is, such as a specialty. */
export const PersonHeading = ({ name, about }: { name: string; about: ComponentChildren }) => (
  <div class="row">
    <Avatar name={name} size="large" />
    <div class="grow">
      <h1><bdi>{name}</bdi></h1>
      {about && <p class="faint">{typeof about === "string" ? <bdi>{about}</bdi> : about}</p>}
    </div>
  </div>
);
