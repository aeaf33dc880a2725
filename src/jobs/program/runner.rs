//! Runs a program on a machine: what is due comes from the pure part.

use hearth_actors::logic::program::{Due, Run, Target};
use hearth_actors::model::time::MonoMs;
use hearth_actors::tasks::job::JobError;

use crate::jobs::hand::{Came, Hand};

/// A program at work.
pub(super) struct Runner {
    hand: Hand,
    run: Run,
    told: String,
}

impl Runner {
    /// A program that has not begun.
    pub(super) fn new(hand: Hand, run: Run) -> Self {
        Self { hand, run, told: String::new() }
    }

    /// Does every step.
    ///
    /// # Errors
    /// When it is told to stop, or cannot go on even with somebody's help.
    pub(super) async fn go(&mut self) -> Result<(), JobError> {
        self.hand.attend()?;
        loop {
            if let Some(why) = self.hand.trouble()? {
                self.stand_still(why).await?;
                continue;
            }
            let due = self.run.due(self.hand.now(), &self.hand.values);
            self.tell();
            match due {
                Due::Order(target) => self.order(target).await?,
                Due::Wait(until) => self.wait(until).await?,
                Due::Ask(_) => {
                    self.stand_still(self.run.words(self.hand.now())).await?;
                    self.run.answered();
                }
                Due::Trouble(why) => self.stand_still(why).await?,
                Due::Failed(why) => return Err(JobError::Failed(why)),
                Due::Finished => return Ok(()),
            }
        }
    }

    /// Brings the heat that it ordered to its fail-safe value, as far as that can be done.
    pub(super) async fn make_safe(&self) {
        self.hand.make_safe(self.run.safe_targets()).await;
    }

    /// Tells how far it is, where that is news.
    fn tell(&mut self) {
        let words = self.run.words(self.hand.now());
        if words != self.told {
            let (done, total) = self.progress();
            self.hand.steps.report(done, total, words.clone());
            self.told = words;
        }
    }

    /// Steps done, and steps in all.
    fn progress(&self) -> (u64, u64) {
        let (number, total) = self.run.position();
        (number.saturating_sub(1) as u64, total as u64)
    }

    async fn order(&mut self, target: Target) -> Result<(), JobError> {
        match self.hand.order(target).await? {
            Came::This(Ok(())) => {
                self.run.confirmed();
                Ok(())
            }
            Came::This(Err(refusal)) => {
                let why = self.hand.why_not(target, &refusal)?;
                self.stand_still(why).await
            }
            Came::Pause => self.be_paused().await,
        }
    }

    async fn wait(&mut self, until: Option<MonoMs>) -> Result<(), JobError> {
        match self.hand.wait(until).await? {
            Came::This(()) => Ok(()),
            Came::Pause => self.be_paused().await,
        }
    }

    async fn stand_still(&mut self, why: String) -> Result<(), JobError> {
        let (done, total) = self.progress();
        self.run.pause(self.hand.now());
        self.told.clear();
        self.hand.stand_still(done, total, why).await?;
        self.run.resume(self.hand.now());
        Ok(())
    }

    async fn be_paused(&mut self) -> Result<(), JobError> {
        self.run.pause(self.hand.now());
        self.hand.be_paused().await?;
        self.run.resume(self.hand.now());
        Ok(())
    }
}
