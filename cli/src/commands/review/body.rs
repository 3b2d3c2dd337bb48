//! What a handler does.

use std::path::Path;

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Lit, Pat, Token};

use super::handlers::Handler;
use super::names::Names;
use super::{Finding, Rule, known};

/// Most statements of a handler that parses, calls the domain and answers.
const MOST_STATEMENTS: usize = 8;

/// Methods that panic.
const PANICKING_METHODS: &[&str] = &["expect", "expect_err", "unwrap", "unwrap_err"];

/// Macros that panic.
const PANICKING_MACROS: &[&str] =
    &["assert", "assert_eq", "assert_ne", "panic", "todo", "unimplemented", "unreachable"];

/// Loops that are called.
const LOOPING_METHODS: &[&str] = &["fold", "for_each", "try_fold", "try_for_each"];

/// What is to be said of a handler.
pub(super) fn review(file: &Path, handler: &Handler<'_>, names: &Names) -> Vec<Finding> {
    let mut reader =
        Reader { file, handler, names, findings: Vec::new(), decisions: Vec::new(), statements: 0, in_signature: true };
    reader.visit_signature(&handler.function.sig);
    reader.in_signature = false;
    reader.visit_block(&handler.function.block);
    if reader.statements > MOST_STATEMENTS {
        let message = format!("it has {} statements, of at most {MOST_STATEMENTS}", reader.statements);
        reader.tell(Rule::HandlerLength, handler.function.sig.span(), message);
    }
    if let [_, second, ..] = reader.decisions[..] {
        let message = format!("it decides {} times, of at most once", reader.decisions.len());
        reader.tell(Rule::HandlerBranches, second, message);
    }
    reader.findings
}

struct Reader<'a> {
    file: &'a Path,
    handler: &'a Handler<'a>,
    names: &'a Names,
    findings: Vec<Finding>,
    /// Where it decides.
    decisions: Vec<Span>,
    /// How many statements it has, at any depth.
    statements: usize,
    in_signature: bool,
}

impl Reader<'_> {
    /// A rule is broken once a line: `a * b + c` is one computation.
    fn tell(&mut self, rule: Rule, at: Span, message: String) {
        let line = at.start().line;
        if self.findings.iter().any(|finding| finding.rule == rule && finding.line == line) {
            return;
        }
        self.findings.push(Finding {
            rule,
            file: self.file.to_owned(),
            line,
            function: self.handler.function.sig.ident.to_string(),
            head: self.handler.head.clone(),
            message,
        });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        self.statements += usize::from(!matches!(statement, syn::Stmt::Item(_)));
        visit::visit_stmt(self, statement);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let full = self.names.full(path);
        if self.in_signature && known::is_framework(&full) {
            self.tell(Rule::HandlerFramework, path.span(), format!("its signature names {full}"));
        } else if let Some((rule, message)) = known::of_path(&full) {
            self.tell(rule, path.span(), message);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_for_loop(&mut self, expression: &'ast syn::ExprForLoop) {
        self.tell(Rule::HandlerLoop, expression.span(), "it has a for loop".to_owned());
        visit::visit_expr_for_loop(self, expression);
    }

    fn visit_expr_while(&mut self, expression: &'ast syn::ExprWhile) {
        self.tell(Rule::HandlerLoop, expression.span(), "it has a while loop".to_owned());
        visit::visit_expr_while(self, expression);
    }

    fn visit_expr_loop(&mut self, expression: &'ast syn::ExprLoop) {
        self.tell(Rule::HandlerLoop, expression.span(), "it has a loop".to_owned());
        visit::visit_expr_loop(self, expression);
    }

    fn visit_expr_if(&mut self, expression: &'ast syn::ExprIf) {
        self.decisions.push(expression.span());
        visit::visit_expr_if(self, expression);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        // let ... else.
        if local.init.as_ref().is_some_and(|init| init.diverge.is_some()) {
            self.decisions.push(local.span());
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        if !expression.arms.iter().all(|arm| is_of_result(&arm.pat)) {
            self.decisions.push(expression.span());
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.decisions.push(guard.span());
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_binary(&mut self, expression: &'ast syn::ExprBinary) {
        let of_text = is_text(&expression.left) || is_text(&expression.right);
        if computes(&expression.op) && !of_text && !(is_literal(&expression.left) && is_literal(&expression.right)) {
            self.tell(Rule::HandlerArithmetic, expression.span(), "it computes".to_owned());
        }
        visit::visit_expr_binary(self, expression);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let method = call.method.to_string();
        if PANICKING_METHODS.contains(&method.as_str()) {
            self.tell(Rule::HandlerPanic, call.method.span(), format!("it has .{method}()"));
        }
        if LOOPING_METHODS.contains(&method.as_str()) {
            self.tell(Rule::HandlerLoop, call.method.span(), format!("it has .{method}()"));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let name = called.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if PANICKING_MACROS.contains(&name.as_str()) {
            self.tell(Rule::HandlerPanic, called.path.span(), format!("it has {name}!"));
        }
        // Most macros take expressions; what others take cannot be read.
        if let Ok(arguments) = called.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            for argument in &arguments {
                self.visit_expr(argument);
            }
        }
        visit::visit_macro(self, called);
    }
}

/// Whether an arm is of a call that went well, or of one that did not: to tell them apart is what a handler is for.
fn is_of_result(pattern: &Pat) -> bool {
    match pattern {
        Pat::TupleStruct(pattern) => pattern.path.is_ident("Ok") || pattern.path.is_ident("Err"),
        Pat::Or(pattern) => pattern.cases.iter().all(is_of_result),
        _ => false,
    }
}

/// Whether it is known when it is compiled: `24 * 60 * 60`.
fn is_literal(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(_) => true,
        Expr::Binary(binary) => is_literal(&binary.left) && is_literal(&binary.right),
        Expr::Paren(inner) => is_literal(&inner.expr),
        _ => false,
    }
}

fn is_text(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)))
}

fn computes(operator: &BinOp) -> bool {
    use BinOp::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Sub, SubAssign};
    matches!(
        operator,
        Add(_)
            | AddAssign(_)
            | Div(_)
            | DivAssign(_)
            | Mul(_)
            | MulAssign(_)
            | Rem(_)
            | RemAssign(_)
            | Sub(_)
            | SubAssign(_)
    )
}
