//! Incidents: a host with a fault beside the same host without it. The series that an alert needs
//! differ, and no others do.

mod faults;
mod lost_gpu;
