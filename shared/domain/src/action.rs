use std::str::FromStr;

use crate::{Code, InvalidValue};

/// An action as the audit log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action(&'static str);

/// All actions. The schema has the same list in table `actions`.
pub const ACTIONS: [&str; 27] = [
    "register",
    "login",
    "login_failed",
    "book",
    "reschedule",
    "cancel",
    "done",
    "no_show",
    "reopen",
    "arrival",
    "note",
    "deactivate",
    "activate",
    "password",
    "policy",
    "working_hours",
    "special_hours",
    "time_off",
    "time_off_end",
    "closure",
    "closure_end",
    "type",
    "profile",
    "patient",
    "merge",
    "guardian",
    "erase",
];

impl Action {
    /// The action as JSON and SQL spell it.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl FromStr for Action {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let action = ACTIONS.into_iter().find(|action| *action == text);
        action.map(Self).ok_or(Code::NotAllowed.with_detail("must be an action, such as \"book\" or \"login\""))
    }
}
