//! REST: every route of the wire contract, each a thin translation between a body and the house.

pub mod bodies;
pub mod body;
pub mod document;
pub mod exchange;
pub mod health;
pub mod machines;
pub mod profiles;
pub mod sessions;
pub mod system;
pub mod wire;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use super::problem::Problem;

/// All routes under `/api`, and the probes beside them.
pub fn routes(config: &mut web::ServiceConfig) {
    machine_routes(config);
    profile_routes(config);
    config
        .service(resource("/api/stop", "POST").route(web::post().to(system::stop_all)))
        .service(resource("/healthz", "GET").route(web::get().to(system::healthz)))
        .service(resource("/readyz", "GET").route(web::get().to(system::readyz)))
        .service(resource("/health", "GET").route(web::get().to(system::health)))
        .service(web::scope("/api").default_service(web::to(no_such_path)));
}

fn machine_routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/api/machines", "GET, POST")
                .route(web::get().to(machines::list))
                .route(web::post().to(machines::create)),
        )
        .service(
            resource("/api/machines/{id}", "GET, PUT, DELETE")
                .route(web::get().to(machines::show))
                .route(web::put().to(machines::replace))
                .route(web::delete().to(machines::remove)),
        )
        .service(resource("/api/machines/{id}/connect", "POST").route(web::post().to(machines::connect)))
        .service(resource("/api/machines/{id}/disconnect", "POST").route(web::post().to(machines::disconnect)))
        .service(resource("/api/machines/{id}/restart", "POST").route(web::post().to(machines::restart)))
        .service(resource("/api/machines/{id}/health", "GET").route(web::get().to(machines::health)))
        .service(
            resource("/api/machines/{id}/session", "GET, POST")
                .route(web::get().to(sessions::show))
                .route(web::post().to(sessions::act)),
        )
        .service(resource("/api/machines/{id}/controls/{channel}", "POST").route(web::post().to(sessions::control)))
        .service(resource("/api/machines/{id}/alarms", "GET").route(web::get().to(sessions::alarms)))
        .service(resource("/api/machines/{id}/alarms/{alarm}/ack", "POST").route(web::post().to(sessions::ack_alarm)))
        .service(resource("/api/machines/{id}/stop", "POST").route(web::post().to(sessions::stop)))
        .service(resource("/api/machines/{id}/rearm", "POST").route(web::post().to(sessions::rearm)));
}

fn profile_routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/api/profiles", "GET, POST")
                .route(web::get().to(profiles::list))
                .route(web::post().to(profiles::create)),
        )
        .service(
            resource("/api/profiles/{id}", "GET, PATCH, DELETE")
                .route(web::get().to(profiles::show))
                .route(web::patch().to(profiles::change))
                .route(web::delete().to(profiles::remove)),
        );
}

/// A path that answers any other method with 405 and these.
pub fn resource(path: &str, allowed: &'static str) -> Resource {
    let refuse = move || async move {
        let problem = Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            format!("this path takes {allowed} only"),
        );
        let mut response = HttpResponse::from(&problem);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        response
    };
    web::resource(path.to_owned()).default_service(web::to(refuse))
}

/// Any path that is not there: 404.
pub async fn no_such_path(request: HttpRequest) -> HttpResponse {
    let path = crate::wire::fields::shortened(request.path());
    HttpResponse::from(&Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no path {path}")))
}
