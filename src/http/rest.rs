//! REST: the handlers of the wire contract, each a thin translation between a body and the house. Which path leads to which
//! is told in [`super::operations`].

pub mod audit;
pub mod bodies;
pub mod body;
pub mod caller;
pub mod clients;
pub mod document;
pub mod exchange;
pub mod health;
pub mod login;
pub mod machines;
pub mod probe;
pub mod profiles;
pub mod programs;
pub mod sessions;
pub mod system;
pub mod tasks;
pub mod tokens;
pub mod users;
pub mod wire;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use super::problem::Problem;
use crate::wire::fields::shortened;

/// A path that answers any other method with 405 and these.
pub fn resource(path: &str, allowed: &str) -> Resource {
    let allowed = allowed.to_owned();
    let refuse = move || {
        let allowed = allowed.clone();
        async move {
            let detail = format!("this path takes {allowed} only");
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail);
            let mut response = HttpResponse::from(&problem);
            if let Ok(allowed) = HeaderValue::from_str(&allowed) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        }
    };
    web::resource(path.to_owned()).default_service(web::to(refuse))
}

/// Any path that is not there: 404.
pub async fn no_such_path(request: HttpRequest) -> HttpResponse {
    let detail = format!("there is no path {}", shortened(request.path()));
    HttpResponse::from(&Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail))
}
