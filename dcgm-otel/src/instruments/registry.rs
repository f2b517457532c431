//! Finding the binding of a provider, and attaching a feed to it.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};
use parking_lot::Mutex;

use super::MeterFeed;
use super::binding::ProviderBinding;
use crate::telemetry::Counts;

/// Name of the instruments' scope.
pub(crate) const SCOPE: &str = "dcgm-otel";

/// Schema of the semantic conventions that the names follow.
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// The registry of this process.
static REGISTRY: ArcSwapOption<BindingRegistry> = ArcSwapOption::const_empty();

/// A provider's binding for one scope, before a feed is attached.
#[derive(Debug)]
pub(crate) struct Registration {
    binding: Arc<ProviderBinding>,
    /// Kept alive so that no other provider's meter gets the same address.
    meter: Meter,
}

impl Registration {
    /// Finds or makes the provider's binding for meters of this instance name, or without one.
    pub(crate) fn for_provider<P: MeterProvider + ?Sized>(
        provider: &P,
        instance: Option<&str>,
    ) -> Self {
        let name =
            instance.map(|name| KeyValue::new("dcgm.meter.instance", Arc::<str>::from(name)));
        let scope = InstrumentationScope::builder(SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA_URL)
            .with_attributes(name)
            .build();
        let meter = provider.meter_with_scope(scope);
        let binding = BindingRegistry::current().get_or_create(address_of(&meter));
        Self { binding, meter }
    }

    /// Returns the counts of all meters of this binding.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.binding.counts()
    }

    /// Attaches a feed and makes its instruments; `None` if another feed is attached.
    pub(crate) fn attach_feed(self, feed: Arc<MeterFeed>) -> Option<Attachment> {
        if !self.binding.attach_feed(&feed) {
            return None;
        }
        // From here on the feed is detached on every path, should the provider panic.
        let attachment = Attachment {
            binding: self.binding,
            feed,
            meter: self.meter,
        };
        attachment
            .binding
            .register_instruments(&attachment.meter, &attachment.feed);
        Some(attachment)
    }
}

/// Returns an address that identifies a provider's meter of a scope, without registering an
/// instrument.
fn address_of(meter: &Meter) -> usize {
    let probe = meter.f64_observable_gauge("probe");
    ptr::from_ref(probe.instrument_provider).cast::<()>().addr()
}

/// A feed attached to its binding; dropping this detaches it.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) binding: Arc<ProviderBinding>,
    pub(crate) feed: Arc<MeterFeed>,
    /// Kept alive as in [`Registration`].
    meter: Meter,
}

impl Attachment {
    /// Returns the place of a feed that follows this one.
    pub(crate) fn registration(&self) -> Registration {
        Registration {
            binding: Arc::clone(&self.binding),
            meter: self.meter.clone(),
        }
    }

    /// Detaches the feed: nothing is exported from now on.
    pub(crate) fn detach(&self) {
        self.binding.detach_feed(&self.feed);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.detach();
    }
}

/// The bindings of a process, by the address of their meters.
///
/// A fork has a registry of its own: a thread of the parent may have held the lock of this one.
#[derive(Debug)]
struct BindingRegistry {
    process: u32,
    bindings: Mutex<HashMap<usize, Weak<ProviderBinding>>>,
}

impl BindingRegistry {
    /// Returns the registry of this process.
    fn current() -> Arc<Self> {
        Self::for_process(&REGISTRY, std::process::id())
    }

    /// Returns the registry of a process, which takes over the bindings that it inherited.
    fn for_process(registry: &ArcSwapOption<Self>, process: u32) -> Arc<Self> {
        loop {
            let before = registry.load_full();
            let inherited = match before {
                Some(own) if own.process == process => return own,
                other => other,
            };
            let bindings = inherited.as_ref().map(|registry| registry.usable());
            let own = Arc::new(Self {
                process,
                bindings: Mutex::new(bindings.unwrap_or_default()),
            });
            registry.compare_and_swap(&inherited, Some(own));
            // Never freed: a thread of the parent may have left it half changed.
            let _never_dropped = ManuallyDrop::new(inherited);
        }
    }

    /// Returns the bindings of an inherited registry that can be used without waiting: nearly
    /// always all of them. The others are made again, and their totals begin at zero.
    fn usable(&self) -> HashMap<usize, Weak<ProviderBinding>> {
        let Some(bindings) = self.bindings.try_lock() else {
            return HashMap::new();
        };
        let is_usable = |binding: &Weak<ProviderBinding>| {
            binding
                .upgrade()
                .is_some_and(|binding| binding.is_unlocked())
        };
        let usable = bindings.iter().filter(|(_, binding)| is_usable(binding));
        usable
            .map(|(address, binding)| (*address, Weak::clone(binding)))
            .collect()
    }

    /// Returns the binding of the meter at an address; makes it if there is none.
    fn get_or_create(&self, address: usize) -> Arc<ProviderBinding> {
        let mut bindings = self.bindings.lock();
        bindings.retain(|_, binding| binding.strong_count() > 0);
        let found = bindings.get(&address).and_then(Weak::upgrade);
        found.unwrap_or_else(|| {
            let binding = Arc::new(ProviderBinding::default());
            bindings.insert(address, Arc::downgrade(&binding));
            binding
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: u32 = 7;
    const CHILD: u32 = 8;

    #[test]
    fn a_fork_continues_with_the_bindings_of_its_parent() {
        let place = ArcSwapOption::const_empty();
        let parents = BindingRegistry::for_process(&place, PARENT);
        let binding = parents.get_or_create(1);
        assert!(Arc::ptr_eq(
            &parents,
            &BindingRegistry::for_process(&place, PARENT)
        ));
        assert!(Arc::ptr_eq(
            &binding,
            &BindingRegistry::for_process(&place, PARENT).get_or_create(1)
        ));
        let child = BindingRegistry::for_process(&place, CHILD);
        assert!(!Arc::ptr_eq(&parents, &child));
        assert!(Arc::ptr_eq(&binding, &child.get_or_create(1)));
        assert!(Arc::ptr_eq(
            &child,
            &BindingRegistry::for_process(&place, CHILD)
        ));
    }

    /// If it fails, it hangs.
    #[test]
    fn a_lock_held_at_the_fork_does_not_block_the_child() {
        let place = ArcSwapOption::const_empty();
        let parents = BindingRegistry::for_process(&place, PARENT);
        let binding = parents.get_or_create(1);
        let held = parents.bindings.lock();
        let child = BindingRegistry::for_process(&place, CHILD);
        assert!(!Arc::ptr_eq(&binding, &child.get_or_create(1)));
        drop(held);

        // The same with the locks of a binding: its instruments, its totals.
        for number in 0..2 {
            let place = ArcSwapOption::const_empty();
            let parents = BindingRegistry::for_process(&place, PARENT);
            let (held, free) = (parents.get_or_create(1), parents.get_or_create(2));
            held.while_held(number, || {
                let child = BindingRegistry::for_process(&place, CHILD);
                assert!(!Arc::ptr_eq(&held, &child.get_or_create(1)));
                assert!(Arc::ptr_eq(&free, &child.get_or_create(2)));
                assert!(child.get_or_create(1).last_totals(&[]).is_empty());
            });
        }
    }
}
