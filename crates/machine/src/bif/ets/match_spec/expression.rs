//! Guards and bodies: from terms to steps.

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use brood_term::{Atoms, Term, display, map};

use super::super::functions::{FUNCTIONS, WRONG_DIALECT};
use super::{Clause, Dialect, Step, variable};
use crate::tracing::action::{self, Place};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Position {
    dialect: Dialect,
    guard: bool,
    /// Whether its value becomes part of the result.
    kept: bool,
}

impl Position {
    /// A guard.
    pub fn guard(dialect: Dialect) -> Position {
        Position {
            dialect,
            guard: true,
            kept: false,
        }
    }

    /// An expression of the body. The results of tables live on; those of traces are copied when they are sent.
    pub fn body(dialect: Dialect) -> Position {
        Position {
            dialect,
            guard: false,
            kept: dialect == Dialect::Table,
        }
    }

    fn argument(self) -> Position {
        Position {
            kept: false,
            ..self
        }
    }
}

/// What is still to be compiled of an expression.
enum Task {
    /// A term, and where it stands.
    Expression(Term, Position),
    Emit(Step),
    /// A step that goes to the end of its group; whether it is `andalso`.
    Short(bool, usize),
    /// The end of a group.
    Land(usize),
}

impl Clause {
    pub(super) fn compile_expression(
        &self,
        expression: Term,
        position: Position,
        steps: &mut Vec<Step>,
        atoms: &Atoms,
    ) -> Result<(), String> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut pending = vec![Task::Expression(expression, position)];
        while let Some(task) = pending.pop() {
            match task {
                Task::Emit(step) => steps.push(step),
                Task::Short(is_and, group) => {
                    groups[group].push(steps.len());
                    steps.push(if is_and {
                        Step::AndAlso(0)
                    } else {
                        Step::OrElse(0)
                    });
                }
                Task::Land(group) => {
                    let end = steps.len();
                    for &at in &groups[group] {
                        if let Step::AndAlso(target) | Step::OrElse(target) = &mut steps[at] {
                            *target = end;
                        }
                    }
                }
                Task::Expression(term, position) => {
                    self.compile_term(term, position, steps, &mut pending, &mut groups, atoms)?;
                }
            }
        }
        Ok(())
    }

    fn compile_term(
        &self,
        term: Term,
        position: Position,
        steps: &mut Vec<Step>,
        pending: &mut Vec<Task>,
        groups: &mut Vec<Vec<usize>>,
        atoms: &Atoms,
    ) -> Result<(), String> {
        if let Some((head, tail)) = term.as_cons() {
            pending.push(Task::Emit(Step::Cons));
            pending.extend([
                Task::Expression(tail, position),
                Task::Expression(head, position),
            ]);
        } else if let Some(elements) = term.as_tuple() {
            self.compile_call(term, elements, position, pending, groups, atoms)?;
        } else if let Some(size) = map::size(term) {
            pending.push(Task::Emit(Step::Map(size)));
            let parts = map::entries(term).flat_map(|(key, value)| [value, key]);
            pending.extend(parts.map(|part| Task::Expression(part, position)));
        } else {
            let step = match atoms.name(term) {
                Some("$_") => Step::Object,
                Some("$$") => Step::Variables,
                Some(name) => match variable(term, atoms) {
                    None => Step::Push(term),
                    Some(number) => {
                        let index = self.named(number);
                        Step::Variable(index.ok_or_else(|| format!("Variable {name} is unbound."))?)
                    }
                },
                None => Step::Push(term),
            };
            steps.push(step);
            // A constant may be of a specification that goes before the result does.
            if position.kept && !matches!(step, Step::Push(term) if !term.is_pointer()) {
                steps.push(Step::Own);
            }
        }
        Ok(())
    }

    fn compile_call(
        &self,
        term: Term,
        elements: &[Term],
        position: Position,
        pending: &mut Vec<Task>,
        groups: &mut Vec<Vec<usize>>,
        atoms: &Atoms,
    ) -> Result<(), String> {
        let name = elements.first().and_then(|&name| atoms.name(name));
        let arguments = elements.get(1..).unwrap_or(&[]);
        let Some(name) = name.filter(|_| variable(elements[0], atoms).is_none()) else {
            // {{A, B}} is the tuple {A, B}.
            let [inner] = elements else {
                return Err(no_call(term, atoms));
            };
            let parts = inner.as_tuple().ok_or_else(|| no_call(term, atoms))?;
            pending.push(Task::Emit(Step::Tuple(parts.len())));
            pending.extend(
                parts
                    .iter()
                    .rev()
                    .map(|&part| Task::Expression(part, position)),
            );
            return Ok(());
        };
        match (name, arguments) {
            ("const", &[constant]) => {
                if position.kept && constant.is_pointer() {
                    pending.push(Task::Emit(Step::Own));
                }
                pending.push(Task::Emit(Step::Push(constant)));
                return Ok(());
            }
            ("const", _) => {
                let term = show(term, atoms);
                return Err(format!(
                    "Special form 'const' called with more than one argument in {term}."
                ));
            }
            ("and" | "or" | "andalso" | "orelse", []) => {
                let term = show(term, atoms).replace('\'', "");
                return Err(format!(
                    "Special form '{name}' called without arguments in {term}."
                ));
            }
            ("and", _) => pending.push(Task::Emit(Step::And(arguments.len()))),
            ("or", _) => pending.push(Task::Emit(Step::Or(arguments.len()))),
            ("andalso" | "orelse", [first @ .., last]) => {
                let group = groups.len();
                groups.push(Vec::new());
                pending.extend([Task::Land(group), Task::Expression(*last, position)]);
                for &operand in first.iter().rev() {
                    pending.push(Task::Short(name == "andalso", group));
                    pending.push(Task::Expression(operand, position));
                }
                return Ok(());
            }
            _ => {
                let arity = arguments.len();
                if let Dialect::Trace(subject) = position.dialect {
                    let place = Place {
                        subject,
                        guard: position.guard,
                    };
                    if let Some(action) = action::find(name, arity, place, || show(term, atoms)) {
                        pending.push(Task::Emit(Step::Call(action?, arity)));
                        pending.extend(
                            arguments
                                .iter()
                                .rev()
                                .map(|&argument| Task::Expression(argument, position.argument())),
                        );
                        return Ok(());
                    }
                }
                let function = FUNCTIONS
                    .iter()
                    .find(|function| function.name == name && function.arities.contains(&arity));
                let Some(function) = function else {
                    return Err(no_function(name, arity));
                };
                if position.kept {
                    pending.push(Task::Emit(Step::Own));
                }
                pending.push(Task::Emit(Step::Call(function, arity)));
            }
        }
        pending.extend(
            arguments
                .iter()
                .rev()
                .map(|&argument| Task::Expression(argument, position.argument())),
        );
        Ok(())
    }
}

fn no_call(term: Term, atoms: &Atoms) -> String {
    let term = show(term, atoms);
    format!("{term} is neither a function call, nor a tuple (tuples are written {{{{ ... }}}}).")
}

fn no_function(name: &str, arity: usize) -> String {
    if matches!((name, arity), ("set_tcw", 1) | ("get_tcw", 0)) {
        return format!("Function {name}/{arity} cannot be called in this context.");
    }
    if WRONG_DIALECT.contains(&name) {
        return format!("Special form '{name}' used in wrong dialect.");
    }
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase());
    let quote = if plain { "" } else { "'" };
    format!("Function {quote}{name}{quote}/{arity} does_not_exist.")
}

fn show(term: Term, atoms: &Atoms) -> String {
    String::from_utf8_lossy(&display::to_bytes(term, atoms)).into_owned()
}
