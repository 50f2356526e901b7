variable "name_prefix" {
  description = "What the name begins with; Terraform makes it unique."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts objects; S3's own where none is given."
  type        = string
  default     = null
}

variable "expire" {
  description = "After how many days objects go, by what their keys begin with."
  type        = map(number)
  default     = {}
}
