//! shim
use std::sync::Arc; use crate::model::{profile::Profile, time::{MonoMs,SessionMs}, event::{ReplayPoint,ReplayStatus}, units::Fraction};
pub struct Replay; pub enum ReplayEffect { Point(ReplayPoint), Status(ReplayStatus), Move{channel:String,value:Fraction} }
impl Replay { pub fn new(_p:Arc<Profile>,_s:f64,_b:String,_a:bool,_n:MonoMs)->Self{Self} pub fn pause(&mut self,_n:MonoMs)->Vec<ReplayEffect>{vec![]} pub fn resume(&mut self,_n:MonoMs)->Vec<ReplayEffect>{vec![]} pub fn stop(&mut self,_n:MonoMs)->Vec<ReplayEffect>{vec![]}
pub fn seek(&mut self,_t:SessionMs,_n:MonoMs)->Vec<ReplayEffect>{vec![]} pub fn step(&mut self,_n:MonoMs)->Vec<ReplayEffect>{vec![]} pub fn next_due(&self,_n:MonoMs)->Option<MonoMs>{None} pub fn is_over(&self)->bool{true} }
