//! What a receipt says.

use std::fmt::Write as _;

use crate::orders::Order;

/// The text of an order's receipt, without its signature. It is made only of what never changes of an order, so that
/// writing it again writes the same.
pub(super) fn of(order: &Order) -> String {
    let mut text = format!("Receipt for order {}\nuser: {}\nplaced: {}\n\n", order.id, order.user_id, order.placed_at);
    for line in &order.lines {
        let (each, amount) = (money(line.unit_price_cents.into()), money(line.amount_cents()));
        // Writing to a `String` does not fail.
        writeln!(text, "{:>5} x {} at {each}: {amount}", line.quantity, line.sku).ok();
    }
    writeln!(text, "\ntotal: {}", money(order.total_cents)).ok();
    text
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_read_as_money() {
        assert_eq!([money(0), money(7), money(1_234)], ["0.00", "0.07", "12.34"]);
    }
}
