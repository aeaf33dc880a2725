//! REST: every route of the wire contract, each a thin translation between a body and the house.

pub mod body;
pub mod machines;
pub mod profiles;
pub mod sessions;
pub mod system;

use actix_web::{Resource, web};

use super::problem;

/// All routes under `/api`, and the probes beside them.
pub fn routes(config: &mut web::ServiceConfig) {
    machine_routes(config);
    profile_routes(config);
    config
        .service(resource("/api/stop", "POST").route(web::post().to(system::stop_all)))
        .service(resource("/healthz", "GET").route(web::get().to(system::healthz)))
        .service(resource("/readyz", "GET").route(web::get().to(system::readyz)))
        .service(resource("/health", "GET").route(web::get().to(system::health)))
        .service(web::scope("/api").default_service(web::to(problem::no_such_path)));
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
        .service(resource("/api/profiles/import", "POST").route(web::post().to(profiles::import)))
        .service(resource("/api/profiles/{id}/export", "GET").route(web::get().to(profiles::export)))
        .service(
            resource("/api/profiles/{id}", "GET, PATCH, DELETE")
                .route(web::get().to(profiles::show))
                .route(web::patch().to(profiles::change))
                .route(web::delete().to(profiles::remove)),
        );
}

/// A path that answers any other method with 405 and these.
fn resource(path: &str, allowed: &'static str) -> Resource {
    web::resource(path.to_owned()).default_service(web::to(move || async move { problem::method_not_allowed(allowed) }))
}
