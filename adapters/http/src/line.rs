//! What is kept of a service from call to call.

use anyport_ports::decorators::Backoff;
use tower::retry::budget::{Budget as _, TpsBudget};

use crate::breaker::Breaker;
use crate::settings::ServiceSettings;

/// How long a call adds to the budget of retries.
const BUDGET_WINDOW: std::time::Duration = std::time::Duration::from_secs(10);

/// A service's settings, and how it has been doing.
pub(crate) struct Line {
    pub(crate) settings: ServiceSettings,
    pub(crate) breaker: Breaker,
    pub(crate) backoff: Backoff,
    budget: TpsBudget,
}

impl Line {
    pub(crate) fn new(settings: ServiceSettings, seed: u64) -> Self {
        let share = f32::from(settings.retry_percent) / 100.0;
        Self {
            breaker: Breaker::new(settings.breaker.clone()),
            backoff: Backoff::new(settings.pause, settings.longest_pause, seed),
            budget: TpsBudget::new(BUDGET_WINDOW, settings.retries_per_second, share),
            settings,
        }
    }

    /// A call begins: a share of it may be spent on retries.
    pub(crate) fn called(&self) {
        self.budget.deposit();
    }

    /// Whether one more retry is within the budget, which it then is taken from.
    pub(crate) fn may_retry(&self) -> bool {
        self.budget.withdraw()
    }
}
