//! Match specifications, compiled to small programs.
//!
//! A clause `{Head, Guards, Body}` becomes *tests*, which take the object apart from a stack of terms, and *steps*,
//! which compute on a stack of values. Neither recurses, however deep the specification is.
//!
//! A [`Program`] refers to the terms of its specification: it lives no longer than they do. What Erlang code holds is a
//! magic reference to a [`Compiled`] specification, which has terms of its own.

mod expression;
mod keys;

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use brood_term::compare::exact_eq;
use brood_term::copy::copy;
use brood_term::{Atoms, Heap, LiteralArea, OwnedTerm, Term, known, map};
use smallvec::{SmallVec, smallvec};

use expression::Position;

use super::functions::Function;
use crate::heap::ProcessHeap;
use crate::tracing::action::{Effects, Subject};

pub use keys::{Keys, order_of_parts};

/// The most variables: `'$0'` to `'$99999999'` and one more.
const MAX_VARIABLE: u32 = 100_000_000;

/// One test of a head. It takes a term from the stack.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// Anything.
    Any,
    /// Anything, and it is the value of a variable.
    Bind(usize),
    /// The value of a variable that is bound.
    Same(usize),
    /// This term exactly.
    Equal(Term),
    /// A tuple of this size; its elements are on the stack then.
    Tuple(usize),
    /// A cons cell; head and tail are on the stack then.
    Cons,
    /// A map; it goes back on the stack.
    Map,
    /// A map with this key; the map and then its value are on the stack then.
    Key(Term),
}

/// One step of a guard or body.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A constant, of the specification's own heap.
    Push(Term),
    /// The value of a variable.
    Variable(usize),
    /// `'$_'`.
    Object,
    /// `'$$'`.
    Variables,
    /// Makes a cons cell of head and tail.
    Cons,
    /// Makes a tuple.
    Tuple(usize),
    /// Makes a map of keys and values.
    Map(usize),
    /// Calls a function with this many arguments.
    Call(&'static Function, usize),
    /// `and` of this many booleans.
    And(usize),
    /// `or` of this many booleans.
    Or(usize),
    /// `andalso`: goes to the step when the value is `false`, drops it when it is `true`.
    AndAlso(usize),
    /// `orelse`: goes to the step when the value is `true`, drops it when it is `false`.
    OrElse(usize),
    /// Copies the value to the process' heap.
    Own,
    /// The clause does not match unless the value is `true`.
    Require,
}

#[derive(Debug)]
struct Clause {
    tests: Vec<Test>,
    variables: usize,
    /// By number in the specification: which of the `variables` it is.
    names: Vec<(u32, usize)>,
    guards: Vec<Step>,
    body: Vec<Step>,
}

/// A compiled specification.
#[derive(Debug)]
pub struct Program {
    clauses: Vec<Clause>,
}

/// A specification that was compiled to be kept: what a magic reference holds.
#[derive(Debug)]
pub struct Compiled {
    /// Refers to the terms of `spec`.
    program: Program,
    spec: OwnedTerm,
}

impl Compiled {
    /// Compiles a copy of a specification.
    ///
    /// # Errors
    ///
    /// As [`Program::compile`].
    pub fn new(spec: Term, atoms: &Atoms) -> Result<Compiled, String> {
        let spec = OwnedTerm::new(spec);
        let program = Program::compile(spec.term(), atoms)?;
        Ok(Compiled { program, spec })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The specification.
    pub fn spec(&self) -> Term {
        self.spec.term()
    }

    /// About what it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.spec.words() * size_of::<Term>() + self.program.bytes()
    }
}

/// What a specification is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Objects of a table, and what is made of them.
    Table,
    /// Traced calls and messages, as lists of arguments, and what is to happen then.
    Trace(Subject),
}

/// What a program runs with.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Where results are built.
    pub heap: &'a mut ProcessHeap,
    /// For comparing.
    pub atoms: &'a Atoms,
    /// For copying.
    pub literals: &'a LiteralArea,
    /// `{self}`.
    pub pid: Term,
    /// `{node}`.
    pub node: Term,
    /// What a specification for traces may change.
    pub effects: Option<Effects<'a>>,
}

/// The number of a variable, if the term is one: `'$0'`, `'$1'`, …
fn variable(term: Term, atoms: &Atoms) -> Option<u32> {
    let digits = atoms.name(term)?.strip_prefix('$')?;
    let plain = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.parse().ok().filter(|&number| number <= MAX_VARIABLE)
}

/// The elements of a proper list, or what is wrong.
fn elements(list: Term, name: &str) -> Result<Vec<Term>, String> {
    let mut iterator = list.list();
    let elements: Vec<Term> = iterator.by_ref().collect();
    match (iterator.ended_proper(), list.is_cons()) {
        (true, _) => Ok(elements),
        (false, true) => Err(format!("{name} not a proper list.")),
        (false, false) => Err(format!("{name} not a list.")),
    }
}

impl Program {
    /// Compiles a specification: a list of `{Head, Guards, Body}`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in OTP's words.
    pub fn compile(spec: Term, atoms: &Atoms) -> Result<Program, String> {
        Program::compile_as(spec, Dialect::Table, atoms)
    }

    /// Compiles a specification of any dialect.
    ///
    /// # Errors
    ///
    /// As [`Program::compile`].
    pub fn compile_as(spec: Term, dialect: Dialect, atoms: &Atoms) -> Result<Program, String> {
        if !spec.is_cons() {
            return Err("Match programs are not in a list.".into());
        }
        let clauses = elements(spec, "").map_err(|_| "Match programs are not in a proper list.")?;
        let compile = |clause: Term| match clause.as_tuple_of::<3>() {
            Some(&[head, guards, body]) => Clause::compile(head, guards, body, dialect, atoms),
            None => Err("Match program part is not a tuple of arity 3.".into()),
        };
        Ok(Program {
            clauses: clauses.into_iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// The result for an object: that of the first clause that matches.
    pub fn run(&self, object: Term, scope: &mut Scope<'_>) -> Option<Term> {
        self.clauses
            .iter()
            .find_map(|clause| clause.run(object, scope))
    }

    /// Whether the head of a clause matches an object.
    #[cfg(test)]
    pub fn matches(&self, object: Term) -> bool {
        self.clauses.iter().any(|clause| {
            let mut variables = vec![Term::NIL; clause.variables];
            clause.matches(object, &mut variables)
        })
    }

    /// Runs a specification for traces. Gives whether a clause matched; what it had to say is among the effects.
    pub fn run_for_effect(&self, arguments: Term, scope: &mut Scope<'_>) -> bool {
        self.clauses
            .iter()
            .any(|clause| clause.values(arguments, scope).is_some())
    }

    /// About what it takes, in bytes.
    fn bytes(&self) -> usize {
        let bytes = |clause: &Clause| {
            let steps = clause.guards.len() + clause.body.len();
            clause.tests.len() * size_of::<Test>() + steps * size_of::<Step>()
        };
        self.clauses.iter().map(bytes).sum()
    }

    /// Whether the result of every clause of a specification that compiles is sure to have the key of the object it
    /// matched, at `index`. As OTP sees it: what it can't be sure of, it refuses.
    pub fn keeps_key(spec: Term, index: usize, atoms: &Atoms) -> bool {
        spec.list().all(|clause| {
            clause
                .as_tuple_of::<3>()
                .is_some_and(|&[head, _, body]| clause_keeps_key(head, body, index, atoms))
        })
    }
}

fn clause_keeps_key(head: Term, body: Term, index: usize, atoms: &Atoms) -> bool {
    let Some((result, Term::NIL)) = body.as_cons() else {
        return false;
    };
    let is_object = |term: Term| atoms.name(term) == Some("$_");
    if is_object(result) {
        return true;
    }
    let (built, literal) = match result.as_tuple() {
        Some(&[name, constant]) if atoms.name(name) == Some("const") => (constant, true),
        Some(&[parts]) => (parts, false),
        _ => return false,
    };
    let key_of = |term: Term| term.as_tuple()?.get(index).copied();
    let (Some(pattern), Some(key)) = (key_of(head), key_of(built)) else {
        return false;
    };
    let is_element = |&[name, position, whole]: &[Term; 3]| {
        atoms.name(name) == Some("element")
            && position.as_usize() == Some(index + 1)
            && is_object(whole)
    };
    builds(key, pattern, literal, atoms)
        || (!literal && key.as_tuple_of::<3>().is_some_and(is_element))
}

/// Whether an expression, or a literal term, is sure to give again what a pattern matches.
fn builds(expression: Term, pattern: Term, literal: bool, atoms: &Atoms) -> bool {
    let mut pending = vec![(expression, pattern, literal)];
    while let Some((expression, pattern, literal)) = pending.pop() {
        if let Some((head, tail)) = expression.as_cons() {
            let Some((head_pattern, tail_pattern)) = pattern.as_cons() else {
                return false;
            };
            pending.extend([(tail, tail_pattern, literal), (head, head_pattern, literal)]);
        } else if let Some(parts) = expression.as_tuple() {
            let parts = match *parts {
                _ if literal => parts,
                [name, constant] if atoms.name(name) == Some("const") => {
                    pending.push((constant, pattern, true));
                    continue;
                }
                [ref inner] if inner.is_tuple() => inner.as_tuple().unwrap_or(&[]),
                _ => return false,
            };
            let Some(patterns) = pattern.as_tuple() else {
                return false;
            };
            if parts.len() != patterns.len() {
                return false;
            }
            let pairs = parts.iter().zip(patterns);
            pending.extend(pairs.map(|(&part, &pattern)| (part, pattern, literal)));
        } else if expression.is_map() || !exact_eq(expression, pattern) {
            // Nobody knows what else is in a map that matched.
            return false;
        } else {
            let is_special = matches!(atoms.name(expression), Some("_" | "$_" | "$$"));
            if is_special || (literal && variable(expression, atoms).is_some()) {
                return false;
            }
        }
    }
    true
}

/// Whether a pattern, or part of one, matches but one term.
fn is_constant(pattern: Term, atoms: &Atoms) -> bool {
    let mut pending = vec![pattern];
    while let Some(term) = pending.pop() {
        if term == known::UNDERSCORE || term.is_map() || variable(term, atoms).is_some() {
            return false;
        }
        match term.as_cons() {
            Some((head, tail)) => pending.extend([tail, head]),
            None => pending.extend(term.as_tuple().unwrap_or(&[])),
        }
    }
    true
}

impl Clause {
    fn compile(
        head: Term,
        guards: Term,
        body: Term,
        dialect: Dialect,
        atoms: &Atoms,
    ) -> Result<Clause, String> {
        let is_table = dialect == Dialect::Table;
        let anything = head == known::UNDERSCORE || variable(head, atoms).is_some();
        if !is_table && !anything && head.list_length().is_none() {
            return Err("Match head is invalid in this context.".into());
        }
        let mut clause = Clause::of_head(head, atoms)?;
        for guard in elements(guards, "Match expression is")? {
            let mut steps = core::mem::take(&mut clause.guards);
            let position = Position::guard(dialect);
            clause.compile_expression(guard, position, &mut steps, atoms)?;
            steps.push(Step::Require);
            clause.guards = steps;
        }
        // Only the last value counts, and nothing that a table's specification can say has effects.
        let expressions = elements(body, "Match expression is").or_else(|error| {
            if body.is_cons() || !is_table {
                Err(error)
            } else {
                Ok(Vec::new())
            }
        })?;
        if is_table && expressions.is_empty() {
            return Err("Body clause does not return anything.".into());
        }
        for expression in expressions {
            let mut steps = if is_table {
                Vec::new()
            } else {
                core::mem::take(&mut clause.body)
            };
            let position = Position::body(dialect);
            clause.compile_expression(expression, position, &mut steps, atoms)?;
            clause.body = steps;
        }
        Ok(clause)
    }

    fn of_head(head: Term, atoms: &Atoms) -> Result<Clause, String> {
        let mut clause = Clause {
            tests: Vec::new(),
            variables: 0,
            names: Vec::new(),
            guards: Vec::new(),
            body: Vec::new(),
        };
        enum Task {
            Pattern(Term),
            Key(Term, Term),
            Drop,
        }
        let mut pending = vec![Task::Pattern(head)];
        while let Some(task) = pending.pop() {
            let pattern = match task {
                Task::Pattern(pattern) => pattern,
                Task::Key(key, value) => {
                    clause.tests.push(Test::Key(key));
                    pending.push(Task::Pattern(value));
                    continue;
                }
                Task::Drop => {
                    clause.tests.push(Test::Any);
                    continue;
                }
            };
            let test = if pattern == known::UNDERSCORE {
                Test::Any
            } else if let Some(number) = variable(pattern, atoms) {
                match clause.named(number) {
                    Some(index) => Test::Same(index),
                    None => {
                        clause.names.push((number, clause.variables));
                        clause.variables += 1;
                        Test::Bind(clause.variables - 1)
                    }
                }
            } else if let Some((head, tail)) = pattern.as_cons() {
                pending.extend([Task::Pattern(tail), Task::Pattern(head)]);
                Test::Cons
            } else if let Some(elements) = pattern.as_tuple() {
                pending.extend(elements.iter().rev().map(|&element| Task::Pattern(element)));
                Test::Tuple(elements.len())
            } else if pattern.is_map() {
                pending.push(Task::Drop);
                for (key, value) in map::entries(pattern) {
                    check_map_key(key, atoms)?;
                    pending.push(Task::Key(key, value));
                }
                Test::Map
            } else {
                Test::Equal(pattern)
            };
            clause.tests.push(test);
        }
        clause.names.sort_unstable();
        Ok(clause)
    }

    fn named(&self, number: u32) -> Option<usize> {
        self.names
            .iter()
            .find(|(name, _)| *name == number)
            .map(|(_, index)| *index)
    }

    fn run(&self, object: Term, scope: &mut Scope<'_>) -> Option<Term> {
        self.values(object, scope)?.pop()
    }

    /// The values of guards and body, the last one last; `None` if the clause does not match.
    fn values(&self, object: Term, scope: &mut Scope<'_>) -> Option<Vec<Term>> {
        let mut variables: SmallVec<[Term; 8]> = smallvec![Term::NIL; self.variables];
        if !self.matches(object, &mut variables) {
            return None;
        }
        let mut values = Vec::new();
        self.compute(&self.guards, object, &variables, &mut values, true, scope)?;
        self.compute(&self.body, object, &variables, &mut values, false, scope)?;
        Some(values)
    }

    fn matches(&self, object: Term, variables: &mut [Term]) -> bool {
        let mut stack: SmallVec<[Term; 16]> = smallvec![object];
        self.tests.iter().all(|test| {
            // Every test was compiled with the term that it takes on the stack.
            let Some(term) = stack.pop() else {
                return false;
            };
            match *test {
                Test::Any => true,
                Test::Bind(index) => {
                    variables[index] = term;
                    true
                }
                Test::Same(index) => exact_eq(variables[index], term),
                Test::Equal(constant) => exact_eq(constant, term),
                Test::Tuple(size) => match term.as_tuple() {
                    Some(elements) if elements.len() == size => {
                        stack.extend(elements.iter().rev().copied());
                        true
                    }
                    _ => false,
                },
                Test::Cons => match term.as_cons() {
                    Some((head, tail)) => {
                        stack.extend([tail, head]);
                        true
                    }
                    None => false,
                },
                Test::Map => {
                    stack.push(term);
                    term.is_map()
                }
                Test::Key(key) => match map::get(term, key) {
                    Some(value) => {
                        stack.extend([term, value]);
                        true
                    }
                    None => false,
                },
            }
        })
    }

    /// Runs steps. In a guard (`strict`) a failure fails the clause, in a body it has the value `'EXIT'`.
    fn compute(
        &self,
        steps: &[Step],
        object: Term,
        variables: &[Term],
        values: &mut Vec<Term>,
        strict: bool,
        scope: &mut Scope<'_>,
    ) -> Option<()> {
        let failed = |strict: bool| (!strict).then_some(known::EXIT_UPPER);
        let mut next = 0;
        while let Some(step) = steps.get(next) {
            next += 1;
            match *step {
                Step::Push(term) => values.push(term),
                Step::Variable(index) => values.push(variables[index]),
                Step::Object => values.push(object),
                Step::Variables => {
                    let bound: Vec<Term> = self
                        .names
                        .iter()
                        .map(|&(_, index)| variables[index])
                        .collect();
                    values.push(scope.heap.list(&bound));
                }
                Step::Cons => {
                    let (tail, head) = (values.pop()?, values.pop()?);
                    values.push(scope.heap.cons(head, tail));
                }
                Step::Tuple(size) => {
                    let elements = values.split_off(values.len() - size);
                    values.push(scope.heap.tuple(&elements));
                }
                Step::Map(size) => {
                    let flat = values.split_off(values.len() - 2 * size);
                    let mut pairs: Vec<_> = flat
                        .chunks_exact(2)
                        .map(|pair| (pair[0], pair[1]))
                        .collect();
                    values.push(map::from_pairs(scope.heap, &mut pairs, scope.atoms));
                }
                Step::Call(function, arity) => {
                    let arguments = values.split_off(values.len() - arity);
                    let value = (function.run)(&arguments, scope);
                    values.push(value.or_else(|| failed(strict))?);
                }
                Step::And(count) | Step::Or(count) => {
                    let is_and = matches!(step, Step::And(_));
                    let operands = values.split_off(values.len() - count);
                    let operands: Option<Vec<bool>> = operands
                        .iter()
                        .map(|operand| operand.as_boolean())
                        .collect();
                    let value = operands
                        .map(|operands| Term::boolean(operands.contains(&!is_and) != is_and));
                    values.push(value.or_else(|| failed(strict))?);
                }
                Step::AndAlso(target) | Step::OrElse(target) => {
                    let decides = Term::boolean(matches!(step, Step::OrElse(_)));
                    let value = values.pop()?;
                    match value.as_boolean() {
                        Some(_) if value == decides => {
                            values.push(value);
                            next = target;
                        }
                        Some(_) => {}
                        None => {
                            values.push(failed(strict)?);
                            next = target;
                        }
                    }
                }
                Step::Own => {
                    let value = values.pop()?;
                    values.push(copy(value, &mut *scope.heap, scope.literals));
                }
                Step::Require => {
                    if values.pop()? != known::TRUE {
                        return None;
                    }
                }
            }
        }
        Some(())
    }
}

/// Keys of maps in heads are constants.
fn check_map_key(key: Term, atoms: &Atoms) -> Result<(), String> {
    let mut pending = vec![key];
    while let Some(term) = pending.pop() {
        if term == known::UNDERSCORE {
            return Err("Underscore found in map key.".into());
        }
        if variable(term, atoms).is_some() {
            return Err("Variable found in map key.".into());
        }
        match term.as_cons() {
            Some((head, tail)) => pending.extend([tail, head]),
            None => pending.extend(term.as_tuple().unwrap_or(&[])),
        }
        pending.extend(map::entries(term).flat_map(|(key, value)| [key, value]));
    }
    Ok(())
}
