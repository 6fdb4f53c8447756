import type { ComponentChildren } from "preact";
import "./hero.css";

/** The top of a start page: what the page is for, and beside it what most users do first. */
export const Hero = ({ title, lead, aside, children }: {
  title: string;
  lead: string;
  aside: ComponentChildren;
  children?: ComponentChildren;
}) => (
  <section class="hero">
    <div class="section">
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      {children}
    </div>
    <div>{aside}</div>
  </section>
);
