mod messages; mod server; fn main(){}
