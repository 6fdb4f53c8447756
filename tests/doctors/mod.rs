mod availability_model;
