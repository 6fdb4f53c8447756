import { formatDateTime } from "../time";
import { Avatar } from "../ui/avatar";
import { Badge, StatusBadge } from "../ui/badge";
import { Icon, ICON_NAMES } from "../ui/icon";
import { STATUSES } from "./data";
import { Sample } from "./sample";

export const TokenSamples = () => (
  <>
    <Sample title="Type">
      <h2>{formatDateTime("2030-01-08T14:30:00Z")}</h2>
      <h3>{formatDateTime("2030-01-08T14:30:00Z")}</h3>
      <p>{formatDateTime("2030-01-08T14:30:00Z")} <span class="faint">{formatDateTime("2030-01-08T14:30:00Z")}</span></p>
    </Sample>
    <Sample title="Icons">
      <div class="row">{ICON_NAMES.map((name) => <Icon key={name} name={name} />)}</div>
    </Sample>
    <Sample title="Avatars">
      <div class="row">
        <Avatar name="Dr. Amara Okafor" size="large" /><Avatar name="Jonas Lindqvist" /><Avatar name="田中 美咲" /><Avatar name="سامي" />
        <Avatar name="Mei Tanaka" size="small" /><Avatar name="Ravi Nair" size="small" />
      </div>
    </Sample>
    <Sample title="Badges">
      <div class="row">
        {STATUSES.map((status) => <StatusBadge key={status} status={status} />)}
        <Badge tone="bad">Failed</Badge>
      </div>
    </Sample>
  </>
);
