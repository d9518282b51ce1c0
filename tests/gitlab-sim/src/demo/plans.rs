//! What people in the demonstration are working on.

/// A merge request of the populated world.
pub(super) struct Plan {
    pub(super) project: usize,
    pub(super) author: usize,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) target: &'static str,
    pub(super) labels: &'static [&'static str],
    pub(super) pushes: u32,
    pub(super) draft: bool,
}

/// A plan with nothing special about it.
const fn plan(
    project: usize,
    author: usize,
    title: &'static str,
    description: &'static str,
) -> Plan {
    Plan {
        project,
        author,
        title,
        description,
        target: "main",
        labels: &[],
        pushes: 0,
        draft: false,
    }
}

/// The merge requests a demonstration starts with.
pub(super) const PLANS: [Plan; 12] = [
    Plan {
        labels: &["performance"],
        pushes: 2,
        ..plan(
            0,
            0,
            "Load product images lazily",
            "Images below the fold are loaded when they come near. The first paint on a slow phone takes half the time.",
        )
    },
    plan(
        0,
        2,
        "Show delivery dates in the basket",
        "The date comes from the carrier and is cached for an hour.",
    ),
    Plan {
        draft: true,
        ..plan(0, 4, "Try a shorter checkout", "Two steps instead of four. For discussion.")
    },
    Plan {
        labels: &["security", "urgent"],
        ..plan(
            1,
            1,
            "Check webhook signatures of the card provider",
            "Unsigned calls are refused. The old endpoint stays until the end of the month.",
        )
    },
    Plan {
        labels: &["database"],
        pushes: 1,
        ..plan(
            1,
            3,
            "Store refunds in their own table",
            "The migration copies 1.2 million rows in batches and can be stopped at any time.",
        )
    },
    Plan {
        target: "release/2.8",
        labels: &["backport"],
        ..plan(
            1,
            1,
            "Round VAT per line, not per order",
            "Backport of the fix that went live on Tuesday.",
        )
    },
    Plan {
        labels: &["infrastructure"],
        pushes: 1,
        ..plan(
            2,
            5,
            "Raise the memory limit of the build workers",
            "Builds of the storefront were killed three times last week.",
        )
    },
    plan(
        2,
        7,
        "Roll back by itself when health checks fail",
        "Waits for three failed checks in a row, then brings the last good version back.",
    ),
    Plan {
        labels: &["infrastructure"],
        ..plan(2, 5, "Rotate the registry credentials", "Old credentials stay valid for a day.")
    },
    plan(
        3,
        6,
        "Count returning customers by week",
        "The monthly number hid the effect of the spring campaign.",
    ),
    Plan {
        labels: &["privacy"],
        pushes: 1,
        ..plan(
            3,
            4,
            "Remove e-mail addresses from the export",
            "Finance only needs the customer number.",
        )
    },
    plan(3, 6, "Update the currency table", "Rates of the first of the month."),
];
