//! A question to its answer.
use crate::question::Clock;
use crate::{Failure, Picture, Question, Settings, answer, event};
use foveate::{CancelHandle, Error, Image, Model, Session, StopReason, Typed};
use foveate_events::{CalendarEvent, Date};
use serde_json::Value;

type Give<'a> = &'a mut dyn FnMut(String);

/// Answers; `give` takes the pieces where they are wanted.
pub(crate) fn answer(
    model: &Model,
    picture: Picture,
    question: &Question,
    settings: &Settings,
    cancel: &CancelHandle,
    give: Give<'_>,
) -> Result<Value, Failure> {
    let clock = Clock::start(settings, cancel.clone());
    let image = picture.decode(&settings.limits)?;
    let session = model.look_at_with(&image, &clock.request())?;
    let mut asked = Asked {
        session,
        image,
        clock,
        give: settings.stream.then_some(give),
    };
    match question {
        Question::Ocr => asked.ocr(),
        Question::Ask(words) => asked.ask(words),
        Question::Read(schema) => asked.read(schema),
        Question::Event(today) => asked.event(*today),
    }
}

/// A question about a picture that was shown.
struct Asked<'a> {
    session: Session,
    image: Image,
    clock: Clock,
    give: Option<Give<'a>>,
}

impl Asked<'_> {
    fn ocr(&mut self) -> Result<Value, Failure> {
        let mut stream = self.session.ocr().with(&self.clock.request()).stream()?;
        for piece in stream.by_ref() {
            tell(&mut self.give, piece?);
        }
        let (stop, timing, usage) = stream.finish();
        let reading = self.session.last_reading(stop, timing, usage);
        let read = answer::reading(&reading);
        Ok(answer::ended(read, (stop, timing, usage), &self.image))
    }

    fn ask(&mut self, question: &str) -> Result<Value, Failure> {
        let query = self.session.ask(question);
        let mut stream = query.with(&self.clock.request()).stream()?;
        for piece in stream.by_ref() {
            tell(&mut self.give, piece?);
        }
        let (stop, timing, usage) = stream.finish();
        let said = self.session.last_answer(stop, timing, usage);
        let words = answer::words(&said, &self.session.last_lines());
        Ok(answer::ended(words, (stop, timing, usage), &self.image))
    }

    fn read(&mut self, schema: &Value) -> Result<Value, Failure> {
        let query = self.session.read_schema::<Value>(schema);
        let typed = match self.give.take() {
            None => query.with(&self.clock.request()).run()?,
            Some(give) => {
                let mut growing = query.with(&self.clock.request()).stream()?;
                for value in growing.by_ref() {
                    give(value?.to_string());
                }
                let json = growing.so_far();
                let (stop, timing, usage) = growing.finish();
                self.session.last_typed(json, stop, timing, usage)?
            }
        };
        complete(typed.stop, &typed.json)?;
        let ending = (typed.stop, typed.timing, typed.usage);
        Ok(answer::ended(answer::typed(&typed), ending, &self.image))
    }

    fn event(&mut self, today: Date) -> Result<Value, Failure> {
        let query = self.session.read::<CalendarEvent>();
        let typed: Typed<CalendarEvent> = query.with(&self.clock.request()).run()?;
        complete(typed.stop, &typed.json)?;
        let flyer = typed.value.as_flyer(typed.transcript.as_deref());
        let flyer = flyer.with_headlines(&typed.headlines);
        let mut told = event::told(&typed.value, flyer, today);
        told["fields"] = answer::fields(&typed.fields);
        told["text"] = typed.transcript.into();
        let ending = (typed.stop, typed.timing, typed.usage);
        Ok(answer::ended(told, ending, &self.image))
    }
}

fn tell(give: &mut Option<Give<'_>>, piece: String) {
    if let Some(give) = give {
        give(piece);
    }
}

/// Refuses a typed answer that the model did not end itself.
fn complete(stop: StopReason, so_far: &str) -> Result<(), Failure> {
    if stop.is_complete() {
        return Ok(());
    }
    let so_far = so_far.to_owned();
    Err(Error::Incomplete { stop, so_far }.into())
}
