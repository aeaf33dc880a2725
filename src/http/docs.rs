//! `GET /api/docs`: the description as a page. It is built from `/api/openapi.json` in the browser and loads nothing else.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

use super::rest;

const PAGE: &str = include_str!("docs/index.html");
const STYLE: &str = include_str!("docs/docs.css");
const SCRIPT: &str = include_str!("docs/docs.js");

/// The page's own files.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(rest::resource("/api/docs/docs.css", "GET").route(web::get().to(style)))
        .service(rest::resource("/api/docs/docs.js", "GET").route(web::get().to(script)));
}

/// Answers with the page.
pub async fn page() -> HttpResponse {
    file("text/html; charset=utf-8", PAGE)
}

async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", STYLE)
}

async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", SCRIPT)
}

fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .insert_header((header::CONTENT_SECURITY_POLICY, super::assets::CONTENT_SECURITY_POLICY))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .body(text)
}
