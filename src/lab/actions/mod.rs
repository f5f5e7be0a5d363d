//! The lab's modules. They run on the controller, where libvirt is.

mod call;
mod lab;
mod predict;
mod shape;
mod virt;
mod virt_define;
mod virt_net;
mod virt_pool;
mod wish;

use super::Lab;
use crate::action::Action;
use call::Reach;
use std::sync::Arc;

/// The modules of a deployment: `virt`, `virt_net` and `virt_pool` use the lab's libvirt where no uri is given and
/// mark what they define there as the lab's; `warp.lab.*` work on the lab.
#[must_use]
pub fn actions(lab: Arc<Lab>) -> Vec<Box<dyn Action>> {
    let reach = Reach::Lab(Arc::clone(&lab));
    let mut all = community(&reach);
    all.extend(lab::actions(&lab));
    all
}

/// The modules of anybody's playbook: `virt`, `virt_net` and `virt_pool` as Ansible has them, on `qemu:///system`
/// where no uri is given, marking nothing.
#[must_use]
pub fn plain_actions() -> Vec<Box<dyn Action>> {
    community(&Reach::System)
}

fn community(reach: &Reach) -> Vec<Box<dyn Action>> {
    vec![
        Box::new(virt::Virt(reach.clone())),
        Box::new(virt_net::VirtNet(reach.clone())),
        Box::new(virt_pool::VirtPool(reach.clone())),
    ]
}
