export { default } from "../en/staff";
