//! The Gold Plan, after its development guide and the error tables of its operations.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::invalid_request;
use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};
use crate::state::{GoldPlan, PayScene, State, SubMerchant, Switch};

/// Seconds that a plan stays closed once it was closed by a call.
const REOPENS_AFTER: i64 = 24 * 60 * 60;

pub(super) fn change_gold_plan_status(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let now = business.now();
    let plan = &mut admitted(business, body, false)?.gold_plan;
    let asked = match body["operation_pay_scene"].as_str() {
        Some("JSAPI_AND_MINIPROGRAM") => Scenes { jsapi: true, miniprogram: true },
        Some("MINIPROGRAM") => Scenes { jsapi: false, miniprogram: true },
        _ => Scenes { jsapi: true, miniprogram: false },
    };
    match switch(body) {
        Switch::Open => open(plan, asked, now)?,
        Switch::Close => close(plan, asked, now),
    }
    Ok(echo(body))
}

pub(super) fn change_custom_page_status(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    admitted(business, body, true)?.custom_page = switch(body);
    Ok(echo(body))
}

pub(super) fn set_advertising_industry_filter(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    admitted(business, body, false)?.advertising.filters = filters(body);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(super) fn open_advertising_show(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let advertising = &mut admitted(business, body, false)?.advertising;
    advertising.show = true;
    if body.get("advertising_industry_filters").is_some() {
        advertising.filters = filters(body);
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(super) fn close_advertising_show(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    admitted(business, &parameters["body"], false)?.advertising.show = false;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The sub-merchant, unless one of the documented reasons speaks against the operation.
fn admitted<'a>(
    business: &'a mut Business,
    body: &Value,
    needs_receipt_link: bool,
) -> Result<&'a mut SubMerchant, Refusal> {
    let State { service_provider, .. } = &business.state;
    if !service_provider.gold_plan {
        return Err(invalid_request("服务商未开通点金计划"));
    }
    if needs_receipt_link && !service_provider.receipt_link {
        return Err(invalid_request("服务商未配置商家小票链接"));
    }
    if service_provider.punished {
        return Err(invalid_request("服务商被处罚中"));
    }
    let busy = service_provider.busy;
    let sub_merchant = business
        .sub_merchant(body["sub_mchid"].as_str().unwrap_or_default())
        .ok_or_else(|| Refusal::new(400, "MCH_NOT_EXISTS", "特约商户号不存在"))?;
    if sub_merchant.punished {
        return Err(invalid_request("特约商户被处罚中"));
    }
    if busy {
        return Err(invalid_request("操作失败,请稍后再试"));
    }
    Ok(sub_merchant)
}

/// The payment scenes of a plan, one by one.
#[derive(Clone, Copy)]
struct Scenes {
    jsapi: bool,
    miniprogram: bool,
}

impl Scenes {
    fn of(plan: &GoldPlan) -> Self {
        let (jsapi, miniprogram) = match (plan.status, plan.pay_scene) {
            (Switch::Close, _) => (false, false),
            (Switch::Open, Some(PayScene::Miniprogram)) => (false, true),
            (Switch::Open, Some(PayScene::JsapiAndMiniprogram)) => (true, true),
            (Switch::Open, Some(PayScene::Jsapi) | None) => (true, false),
        };
        Self { jsapi, miniprogram }
    }

    fn pay_scene(self) -> Option<PayScene> {
        match (self.jsapi, self.miniprogram) {
            (true, true) => Some(PayScene::JsapiAndMiniprogram),
            (true, false) => Some(PayScene::Jsapi),
            (false, true) => Some(PayScene::Miniprogram),
            (false, false) => None,
        }
    }
}

/// Adds scenes. A plan that a call closed stays closed for a day; one that is open for another scene is not closed.
fn open(plan: &mut GoldPlan, asked: Scenes, now: i64) -> Result<(), Refusal> {
    if let (Switch::Close, Some(closed_at)) = (plan.status, plan.closed_at)
        && now.saturating_sub(closed_at) < REOPENS_AFTER
    {
        return Err(invalid_request("主动关闭点金计划后,需间隔24小时方可再次开通"));
    }
    let open = Scenes::of(plan);
    plan.status = Switch::Open;
    plan.pay_scene =
        Scenes { jsapi: open.jsapi || asked.jsapi, miniprogram: open.miniprogram || asked.miniprogram }.pay_scene();
    Ok(())
}

/// Takes scenes away; the plan is closed when none is left. Closing a closed plan does not start the day anew.
fn close(plan: &mut GoldPlan, asked: Scenes, now: i64) {
    let open = Scenes::of(plan);
    let left = Scenes { jsapi: open.jsapi && !asked.jsapi, miniprogram: open.miniprogram && !asked.miniprogram };
    plan.pay_scene = left.pay_scene();
    if plan.status == Switch::Open && plan.pay_scene.is_none() {
        plan.status = Switch::Close;
        plan.closed_at = Some(now);
    }
}

fn switch(body: &Value) -> Switch {
    if body["operation_type"] == "OPEN" { Switch::Open } else { Switch::Close }
}

fn filters(body: &Value) -> Vec<String> {
    let filters = body["advertising_industry_filters"].as_array().into_iter().flatten();
    filters.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn echo(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, &json!({"sub_mchid": body["sub_mchid"]}))
}
